"""Decision trees written as text, in the form that R's rpart prints."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.localearth.classifiers.base import Matrix, Model
from lib.localearth.errors import EarthError

_NODE = re.compile(r"^\s*(\d+)\)\s+(.*?)\s*(\*?)\s*$")
_SPLIT = re.compile(r"^(.+?)\s*(<=|>=|<|>|==|=)\s*(\S+)$")


@dataclass(frozen=True)
class Node:
    """A line of the text: how it is reached, what it answers, and its children's positions."""

    name: str
    operator: str
    threshold: float
    value: float
    children: tuple[int, ...]


@dataclass(frozen=True)
class Tree:
    """Nodes in the order of the text; the first is the root."""

    nodes: tuple[Node, ...]

    def variables(self) -> list[str]:
        """Names that splits use."""
        return [node.name for node in self.nodes[1:]]

    def predict(self, inputs: Matrix, names: Sequence[str]) -> Matrix:
        """Values of the leaves that rows `(n, names)` fall into."""
        result = np.zeros(len(inputs))
        waiting = [(0, np.arange(len(inputs)))]
        while waiting:
            at, rows = waiting.pop()
            node = self.nodes[at]
            result[rows] = node.value
            for child in node.children:
                taken = _passes(self.nodes[child], inputs[rows], names)
                waiting.append((child, rows[taken]))
                rows = rows[~taken]
        return result


def _passes(node: Node, inputs: Matrix, names: Sequence[str]) -> Matrix:
    values = inputs[:, names.index(node.name)]
    if node.operator == "<=":
        return values <= node.threshold
    if node.operator == "<":
        return values < node.threshold
    if node.operator == ">=":
        return values >= node.threshold
    return values > node.threshold if node.operator == ">" else values == node.threshold


def parse_tree(text: str) -> Tree:
    """Read a tree.

    Raises:
        EarthError: A line does not fit, or nodes do not come in depth-first order.
    """
    lines = [(at, _NODE.match(line)) for at, line in enumerate(text.splitlines(), start=1)]
    found = [(at, match) for at, match in lines if match is not None]
    if not found:
        raise EarthError("Error parsing tree: there is no node.")
    parts: list[tuple[int, Node]] = []
    expected = [1]
    for at, match in found:
        number, leaf = int(match[1]), bool(match[3])
        if not expected or number != expected[-1]:
            wanted = expected[-1] if expected else "the end"
            raise EarthError(f"Error parsing line {at}: expected {wanted}, got {number}.")
        expected.pop()
        if not leaf:
            expected += [2 * number + 1, 2 * number]
        parts.append((number, _node(at, match[2], root=number == 1)))
    if expected:
        raise EarthError(f"Error parsing tree: node {expected[-1]} is missing.")
    return _linked(parts)


def _linked(parts: list[tuple[int, Node]]) -> Tree:
    positions = {number: position for position, (number, _) in enumerate(parts)}
    nodes = []
    for number, node in parts:
        pair = (positions.get(2 * number), positions.get(2 * number + 1))
        children = tuple(position for position in pair if position is not None)
        nodes.append(Node(node.name, node.operator, node.threshold, node.value, children))
    return Tree(tuple(nodes))


def _node(at: int, text: str, *, root: bool) -> Node:
    text = re.sub(r"\([^)]*\)\s*$", "", text).strip()
    if root:
        value = text.split()[-1] if text.split() else "0"
        return Node("", "", 0.0, _number(value, at, default=0.0), ())
    fields = text.split()
    if len(fields) < 4:
        raise EarthError(f"Error parsing line {at}: '{text}'.")
    head, value = " ".join(fields[:-3]), fields[-1]
    split = _SPLIT.match(head)
    if split is None:
        raise EarthError(f"Error parsing line {at}: '{head}' is no split.")
    return Node(split[1], split[2], _number(split[3], at), _number(value, at), ())


def _number(text: str, at: int, *, default: float | None = None) -> float:
    try:
        return float(text)
    except ValueError:
        if default is not None:
            return default
        raise EarthError(f"Error parsing line {at}: '{text}' is no number.") from None


@dataclass(frozen=True)
class TreeModel(Model):
    """Trees of text that vote."""

    trees: tuple[Tree, ...]
    names: tuple[str, ...]
    classes: tuple[int, ...] = ()

    def predict(self, inputs: Matrix, mode: str) -> Matrix:
        """The trees' values: their most frequent one, their mean, or all of them."""
        answers = np.stack([tree.predict(inputs, self.names) for tree in self.trees], axis=1)
        if mode in ("RAW", "RAW_REGRESSION"):
            return answers
        if mode == "REGRESSION" or answers.shape[1] == 1:
            return np.asarray(answers.mean(axis=1))
        values = np.unique(answers)
        votes = np.stack([(answers == value).mean(axis=1) for value in values], axis=1)
        if mode == "MULTIPROBABILITY":
            return votes
        return np.asarray(
            votes.max(axis=1) if mode == "PROBABILITY" else values[votes.argmax(axis=1)]
        )
