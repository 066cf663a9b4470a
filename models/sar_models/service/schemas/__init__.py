"""Bodies: where untrusted JSON enters, and what the OpenAPI document tells."""
