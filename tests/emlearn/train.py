"""Trains one forest for both: scikit-learn's, as emlearn's C and as the JSON that README.md describes.

usage: train.py FOLDER TREES
"""

import json
import sys
from pathlib import Path

import emlearn
import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

FEATURES, CLASSES, DEPTH, TRAINED, ASKED = 20, 10, 10, 7500, 20_000


def data():
    x, y = make_classification(
        n_samples=TRAINED + ASKED, n_features=FEATURES, n_informative=12, n_redundant=4,
        n_classes=CLASSES, n_clusters_per_class=2, class_sep=1.0, random_state=1)
    x = np.clip(np.round(x * 2000), -32768, 32767).astype(np.int16)
    return x[:TRAINED], y[:TRAINED], x[TRAINED:], y[TRAINED:]


def as_json(forest):
    trees = []
    for estimator in forest.estimators_:
        tree = estimator.tree_
        leaf = tree.children_left < 0
        shares = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
        trees.append({
            "feature": np.where(leaf, -1, tree.feature).tolist(),
            "threshold": np.where(leaf, 0.0, tree.threshold).tolist(),
            "low": np.where(leaf, -1, tree.children_left).tolist(),
            "high": np.where(leaf, -1, tree.children_right).tolist(),
            "shares": [s.tolist() if l else [] for s, l in zip(shares, leaf)],
            "samples": tree.weighted_n_node_samples.tolist(),
        })
    return {
        "format": "nodetwin-forest",
        "version": 1,
        "input": "int16",
        "features": [f"x{i}" for i in range(FEATURES)],
        "classes": [f"class {i}" for i in range(CLASSES)],
        "about": f"scikit-learn, make_classification, {TRAINED} rows, seed 1",
        "trees": trees,
    }


def main():
    folder, trees = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    x, y, asked, truth = data()
    forest = RandomForestClassifier(trees, max_depth=DEPTH, random_state=1).fit(x, y)
    answers = forest.predict(asked.astype(np.float32)).astype(np.uint8)
    (folder / "forest.json").write_text(json.dumps(as_json(forest)))
    (folder / "asked.bin").write_bytes(asked.astype("<i2").tobytes())
    (folder / "answers.bin").write_bytes(answers.tobytes())
    (folder / "truth.bin").write_bytes(truth.astype(np.uint8).tobytes())
    for method in ("inline", "loadable"):
        converted = emlearn.convert(forest, method=method, dtype="int16_t", leaf_bits=8)
        code = converted.save(name=f"eml_{method}", include_proba=False)
        (folder / f"emlearn_{method}.h").write_text(code)
    nodes, roots, leaves = converted.forest_
    # What its loadable form puts into flash: nodes of 8 bytes, rows of leaves, roots.
    (folder / "emlearn_bytes").write_text(str(8 * len(nodes) + CLASSES * len(leaves) + 4 * len(roots)))
    (folder / "decisions").write_text(str(len(nodes)))
    few = ",".join(str(v) for v in asked[:200].flatten())
    (folder / "few.h").write_text(f"enum {{ FEW = 200 }};\nstatic const int16_t few[200 * {FEATURES}] = {{{few}}};\n")


main()
