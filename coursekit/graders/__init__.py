"""One module or package a topic: the specs of its exercises, their checks, misconceptions and hints."""
