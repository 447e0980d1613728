"""How course platforms name what they hand out: whose a file or a folder is."""

from coursekit.classroom.layouts.gradescope import METADATA, submitters
from coursekit.classroom.layouts.names import DOWNLOAD, Claim, claim, claims, person

__all__ = ["DOWNLOAD", "METADATA", "Claim", "claim", "claims", "person", "submitters"]
