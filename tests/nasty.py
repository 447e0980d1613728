"""Names and texts that strangers send, for every place that shows, stores or files them."""

FORMULAS = ('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1+1", "ann;=1+1")

CONTROLS = (
    "ann\x1b[2J\x1b]0;owned\x07",  # clears the screen, names the window
    "ann\r\nbob,4,4",
    "ann\nbob",
    "ann\x00bob",
    "ann\x9b2J",  # the same as \x1b[ to some terminals
    "ann\u2028bob",
    "\u202eyp.nna",  # turns the reading order
    "\u2066ann\u2069",
    "ann\ufeff",
    "ann\u200b",
    "ann\udcff",  # a file name that is not UTF-8
    "\ud800",
)

MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title><h1>owned</h1>",
    "&lt;b&gt; &amp;",
    "]]><!-- --><!DOCTYPE x>",
    "javascript:alert(1)",
    "[bold]x[/bold]",
    "[/red]",
    "`ann` **bob** $x$ ${x} {0} %s %(x)s",
)

PATHS = (
    "..",
    ".",
    "../ann",
    "../../etc/ann\x00\n",
    "/etc/passwd",
    "C:\\ann",
    "..\\ann",
    ".hidden",
    "-rf",
    "--out=x",
    "~",
)

DEVICES = ("con", "NUL", "aux.py", "com1", "LPT9.txt", "CONIN$")

FOREIGN = (
    "Åsa Öberg",
    "A\u030asa",  # the same letter in two pieces
    "O'Neil, Ann",
    'Ann "A" B',
    "נועה כהן",
    "山田\u3000太郎",
    "می\u200cخواهم",
    "👩\u200d💻",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033dA",
)

SIZES = ("", " ", "a" * 999, "é" * 127, "ann  bob ", "a.", "a b", "a_b")

NAMES = tuple(dict.fromkeys((*FORMULAS, *CONTROLS, *MARKUP, *PATHS, *DEVICES, *FOREIGN, *SIZES)))

# what no place may pass on as it is: it would steer a terminal, break a line or turn the reading order
STEERING = tuple("\x00\x07\x1b\x9b\r\u2028\u202e\u2066\u200b\ufeff")


def label(value: object) -> str | None:
    """Names a case of a table: printable, short and the same in every process."""
    return ascii(value)[1:-1][:30] if isinstance(value, str) else None
