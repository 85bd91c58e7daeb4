"""A run in the formats of others: OpenTelemetry, in-toto, RO-Crate.

Each module has pure functions from documents of a bundle to JSON values. They say what ran, when, on what and how it
ended; inputs, outputs and differing bits are in none of them, whether the bundle is redacted or not.
"""

from parity.documents.ids import RunId


def urn(run_id: RunId) -> str:
    """A run's id as a URN, in which a UUID has its digits in five groups (RFC 9562, section 4)."""
    text = run_id.text
    return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
