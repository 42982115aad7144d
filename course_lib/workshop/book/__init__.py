"""What turns the chapters into the book: pairs, claims, the Sphinx extension and the preview."""

import sys

# nbformat loads jsonschema, which compiles a grammar of web addresses whenever it finds one installed: one
# to five seconds for a check that no notebook needs. None makes that import fail, as if it were not there.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
