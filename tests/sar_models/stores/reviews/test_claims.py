"""Claims tell who looks at what, and run out."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.errors import ConflictError
from sar_models.domain.review import Decision
from sar_models.stores.reviews import Claims

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.stores.reviews import Claim, ReviewLog

A, B = "a" * 64, "b" * 64


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    return Claims(tmp_path / "reviews" / "claims")


def grow_old(claims: Claims, seconds: float) -> None:
    then = time.time() - seconds
    for file in claims.path.glob("*.json"):
        os.utime(file, (then, then))


def test_one_at_a_time(claims: Claims) -> None:
    claim = claims.take(A, "os:ada")
    with pytest.raises(ConflictError, match="'os:ada' is reviewing"):
        claims.take(A, "os:bob")
    claims.take(B, "os:bob")
    assert {k: c.reviewer for k, c in claims.standing().items()} == {A: "os:ada", B: "os:bob"}
    claims.release(claim)
    assert claims.take(A, "os:bob").reviewer == "os:bob"


def test_a_lease_that_ran_out_is_taken_by_another(claims: Claims) -> None:
    claim = claims.take(A, "os:ada", lease_s=60)
    grow_old(claims, 120)
    assert claims.standing() == {}
    claims.take(A, "os:bob")
    with pytest.raises(ConflictError, match="'os:bob''s now"):
        claims.renew(claim)
    claims.release(claim)
    assert claims.standing()[A].reviewer == "os:bob"


def test_renewing_begins_the_lease_anew(claims: Claims) -> None:
    claim = claims.take(A, "os:ada", lease_s=60)
    grow_old(claims, 120)
    claims.renew(claim)
    with pytest.raises(ConflictError):
        claims.take(A, "os:bob")


def test_a_restarted_notebook_takes_its_own_claim_anew(claims: Claims) -> None:
    old = claims.take(A, "os:ada")
    new = claims.take(A, "os:ada")
    claims.release(old)
    assert claims.standing()[A] == new
    claims.release(new)
    claims.release(new)
    assert list(claims.path.iterdir()) == []


def test_of_many_that_claim_at_once_one_gets_it(claims: Claims) -> None:
    got: list[Claim] = []
    refused: list[ConflictError] = []

    def try_it(number: int) -> None:
        try:
            got.append(claims.take(A, f"os:person{number}"))
        except ConflictError as exc:
            refused.append(exc)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (1, 7)


def test_a_damaged_claim_claims_nothing(claims: Claims) -> None:
    claims.take(A, "os:ada")
    (file,) = claims.path.glob("*.json")
    for content in ("", "{}", '{"reviewer": 1}', "[]"):
        file.write_text(content)
        assert claims.standing() == {}
    assert claims.take(A, "os:bob").reviewer == "os:bob"


def test_a_claim_keeps_nobody_from_deciding(as_person: Callable[..., ReviewLog]) -> None:
    as_person("ada").claim(A)
    as_person("bob").record(A, Decision.ACCEPT)
    as_person("ada").record(A, Decision.NEEDS_FIX)
    assert len(as_person().state().reviews(A)) == 2
