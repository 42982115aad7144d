"""Pairs of suspiciously similar code: evidence for a person to look at, never a penalty.

The comparison itself is copydetect's. What students started from is taken out first, and so is what a good
part of the class wrote alike: short right answers look the same, and that is no sign of anything.
"""

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

from course_lib.exercises.running import TooSlowError, time_limit

LENGTH = 25  # characters of filtered code that count as one match
COMMON_SHARE = 0.1  # what more of the class than this wrote alike is common
COMMON_LEAST = 4
LEAST_SIMILAR = 0.6
LEAST_OWN = 2 * LENGTH  # fingerprints of a submission's own below which nothing can be told
MOST_COMPARED = 1_000  # pairs, those that share most
FINGERPRINT_SECONDS = 5.0  # for one submission: a thousandth of that is usual


@dataclass(frozen=True)
class Pair:
    """Two submissions, and the share of each that stands in the other, from 0 to 1."""

    first: str
    second: str
    share: float
    matched: int


@dataclass(frozen=True)
class Group:
    """Submissions that are joined by similar pairs, and the least share that joins them."""

    members: tuple[str, ...]
    share: float


def groups_of(pairs: Iterable[Pair]) -> list[Group]:
    """Return the groups that pairs of similar submissions form, the largest first."""
    group: dict[str, set[str]] = {}
    pairs = list(pairs)
    for pair in pairs:
        joined = group.get(pair.first, {pair.first}) | group.get(pair.second, {pair.second})
        for member in joined:
            group[member] = joined
    least: dict[str, float] = {}
    for pair in pairs:
        name = min(group[pair.first])
        least[name] = min(least.get(name, 1.0), pair.share)
    found = [Group(tuple(sorted(group[name])), share) for name, share in least.items()]
    return sorted(found, key=lambda one: (-len(one.members), -one.share, one.members))


def similar_pairs(sources: Iterable[tuple[str, str]], stubs: Iterable[str] = ()) -> list[Pair]:
    """Return the most similar pairs of submissions.

    Parameters
    ----------
    sources
        For each submission its key and the code of its answers.
    stubs
        What students were given, to be left out.

    Returns
    -------
    list of Pair
        The most similar first. Of submissions that are the same, each is paired with the first of them only.
    """
    given = {number for stub in stubs for number in _fingerprint(stub).hashes}
    texts = {key: text for key, text in sources if text.strip()}
    hashes = {key: frozenset(_fingerprint(text).hashes) - given for key, text in texts.items()}
    spread = Counter(number for own in hashes.values() for number in own)
    most = max(COMMON_LEAST, COMMON_SHARE * len(texts))
    common = {number for number, count in spread.items() if count > most}
    own, same = {}, []
    leaders: dict[frozenset[int], str] = {}
    for key in sorted(hashes):
        numbers = hashes[key] - common
        if len(numbers) < LEAST_OWN:
            continue
        leader = leaders.setdefault(numbers, key)
        if leader == key:
            own[key] = numbers
        else:  # thousands of copies would be millions of pairs
            same.append(Pair(leader, key, 1.0, len(numbers)))
    candidates = _candidates(own)
    left_out = given | common
    prints = {key: _fingerprint(texts[key], left_out) for key in sorted({*chain.from_iterable(candidates)})}
    pairs = [_compare(first, second, prints) for first, second in candidates]
    found = same + [pair for pair in pairs if pair.share >= LEAST_SIMILAR]
    found.sort(key=lambda pair: (-pair.share, -pair.matched, pair.first, pair.second))
    return found


def _candidates(own: Mapping[str, frozenset[int]]) -> list[tuple[str, str]]:
    """Return the pairs that share enough rare fingerprints to be worth a comparison."""
    holders: dict[int, list[str]] = {}
    for key in sorted(own):
        for number in own[key]:
            holders.setdefault(number, []).append(key)
    shared = Counter(pair for keys in holders.values() for pair in combinations(keys, 2))
    shares = {
        pair: count / min(len(own[pair[0]]), len(own[pair[1]]))
        for pair, count in shared.items()
        if count >= LEAST_SIMILAR * min(len(own[pair[0]]), len(own[pair[1]])) / 2
    }
    # Of a class in which everybody copied, those pairs are compared that share most.
    return sorted(shares, key=lambda pair: (-shares[pair], pair))[:MOST_COMPARED]


def _compare(first: str, second: str, prints: Mapping[str, Any]) -> Pair:
    from copydetect import compare_files  # type: ignore[import-untyped]  # here: it takes a second to import

    matched, shares, _ = compare_files(prints[first], prints[second])
    return Pair(first, second, round(float(min(shares)), 3), int(matched))


def _fingerprint(text: str, left_out: Iterable[int] = ()) -> Any:
    """Return copydetect's fingerprint; a window of 1 keeps every match, so that runs agree.

    Blank lines and odd line ends go first, since they can hold up the lexer for minutes. What holds it up all
    the same is taken for empty: about that submission nothing can be told.
    """
    lines = "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
    try:
        with time_limit(FINGERPRINT_SECONDS):
            return _print_of(lines, left_out)
    except (Exception, TooSlowError):
        return _print_of("", left_out)


def _print_of(text: str, left_out: Iterable[int]) -> Any:
    from copydetect import CodeFingerprint

    return CodeFingerprint("answer.py", LENGTH, 1, list(left_out), language="python", fp=io.StringIO(text))
