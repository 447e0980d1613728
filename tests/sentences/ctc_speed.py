"""Wrong answers to the exercises of notebook 14, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "ctc_scaled: no underflow guard": (
        """
        def ctc_scaled(log_probs, target, blank=0):
            total = 0
            for t in range(len(log_probs)):
                total += log_probs[t, blank].item()
            return -total
        """,
        ["a float", ".item()"],
        [],
    ),
}
