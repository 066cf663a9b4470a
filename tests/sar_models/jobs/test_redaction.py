from __future__ import annotations

import pytest

from sar_models.jobs.redaction import redacted


@pytest.mark.parametrize(
    "text",
    [
        "login failed for https://anna:hunter2@omero.example.org/api",
        "connect(user='anna', password='hunter2')",
        "Authorization: Bearer hunter2",
        "session_key=hunter2;port=4064",
        '{"api_key": "hunter2"}',
        "the server said hunter2",
    ],
)
def test_secrets_are_hidden(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMERO_PASSWORD", "hunter2")
    assert "hunter2" not in redacted(text)


def test_folders_are_cut_and_the_rest_is_kept() -> None:
    text = '  File "/home/anna/sar/worker.py", line 3\nKeyError: 7'
    assert redacted(text) == '  File "worker.py", line 3\nKeyError: 7'
