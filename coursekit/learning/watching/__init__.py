"""`coursekit watch` without its screen: notices saves, checks answers in a warm process, knows what keys mean."""
