"""The examples of detectors, taken apart: settings (a name and a value) and whole texts."""
import collections
import re

try:
    import yaml
except ImportError as error:
    raise SystemExit("make_corpus.py reads the detectors with PyYAML; install it (python3-yaml)") from error

# `NAME=value`, `"name": "value",`, `const name = 'value';`: nothing else on the line.
SETTING = re.compile(
    r"""\s*(?:(?:export|set|-|ARG|ENV|const|let|var|val|final|private|public|static|readonly|string|String)\s+|\$env:)*
    (["']?)(?P<name>[A-Za-z_][\w.-]*)\1\s*(?:=>|:=|=|:)\s*(["'`]?)(?P<value>.*?)\3[,;]?""",
    re.X,
)
TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./+~%"
MULTI = re.compile(r"\{\{(pem|rsa-key|ec-key|openssh-key|repeat)")


def templates(text):
    """Where the templates of a text begin and end; braces in them are balanced."""
    spans, at = [], 0
    while (start := text.find("{{", at)) >= 0:
        at, depth = start, 0
        while at < len(text):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
            if depth == 0:
                break
        if text[start + 2 : start + 3].isalpha():
            spans.append((start, at))
        else:
            at = start + 1
    return spans


def without_templates(text):
    for start, end in reversed(templates(text)):
        text = text[:start] + text[end:]
    return text


def value_span(text):
    """From the first template to the last, with what of a token stands around them."""
    spans = templates(text)
    start, end = spans[0][0], spans[-1][1]
    while start and text[start - 1] in TOKEN:
        start -= 1
    while end < len(text) and text[end] in TOKEN + "=":
        end += 1
    return start, end


class Rounds:
    """Gives items one after another, what was given least first; `order` says how much an item and its detector were given."""

    def __init__(self, items, rng, order=lambda item, uses: uses):
        self.items = list(items)
        rng.shuffle(self.items)
        self.uses = [0] * len(self.items)
        self.order = order

    def next(self):
        at = min(range(len(self.items)), key=lambda i: self.order(self.items[i], self.uses[i]))
        self.uses[at] += 1
        return self.items[at]


class Examples:
    def __init__(self, folder, rng):
        self.detectors = {}
        for path in sorted(folder.glob("*.yml")):
            for detector in yaml.safe_load(path.read_text())["detectors"]:
                self.detectors[detector["id"]] = detector
        # A detector of values that can be written out, such as weak passwords, has no template to put into files.
        made = lambda d: any(templates(t) for t in d["examples"])
        findings = [d for d in self.detectors.values() if d.get("report", "finding") == "finding" and "judge" not in d and "paths" not in d and made(d)]
        self.of = {d["id"]: self.take_apart(d) for d in findings}
        self.count = collections.Counter({d["id"]: 0 for d in findings})
        self.turn = collections.Counter()
        self.with_settings = Rounds([i for i, (settings, _) in self.of.items() if settings], rng, lambda i, uses: (self.count[i], uses))
        wholes = [(i, text) for i, (_, texts) in self.of.items() for text in texts]
        kinds = {
            "line": lambda i, t: "\n" not in t and not MULTI.search(t),
            "plain": lambda i, t: not re.search(r'["\\\n]', t) and not MULTI.search(t),
            "block": lambda i, t: "\n" in t or MULTI.search(t) or not self.of[i][0],
            "key": lambda i, t: i.startswith("private-keys-") and t.startswith(("{{", "-----")),
        }
        order = lambda item, uses: (uses, self.count[item[0]])
        self.wholes = {kind: Rounds([w for w in wholes if fits(*w)], rng, order) for kind, fits in kinds.items()}
        self.wholes["any"] = self.wholes["line"]
        lines = [p for d in findings for p in d["placeholders"] if "\n" not in p]
        self.stand_ins = Rounds(lines, rng)

    def take_apart(self, detector):
        settings, texts = [], []
        for text in detector["examples"]:
            m = SETTING.fullmatch(text)
            rest = without_templates(m["value"]) if m else ""
            named = m and m["name"].lower().strip("_") not in ("http", "https", "authorization", "auth", "machine") and not m["value"].startswith("//")
            plain = named and templates(m["value"]) and not MULTI.search(text) and not re.search(r"""["'`\s<>()$&\\,;{}]""", rest)
            if plain:
                settings.append((m["name"], m["value"]))
            elif templates(text):
                texts.append(text)
        return settings, texts

    def is_low(self, detector):
        """Whether it is below the confidence a scan reports, unless its part stands beside it."""
        return self.detectors[detector].get("confidence", "medium") == "low"

    def settings(self, count):
        """Settings to stand below each other, each with the part it needs: lists of tag, detector, name and template."""
        for _ in range(count):
            detector = self.with_settings.next()
            given, _ = self.of[detector]
            name, value = given[self.turn[detector] % len(given)]
            self.turn[detector] += 1
            self.count[detector] += 1
            parts = []
            for part in self.detectors[detector].get("parts", []):
                if self.is_low(detector) or part.get("absent") == "low":
                    partner, _ = self.take_apart(self.detectors[part["detector"]])
                    parts += [("P", part["detector"], *p) for p in partner[:1]]
            tag = "P" if self.is_low(detector) and not parts else "T"
            yield [*parts, (tag, detector, name, value)]

    def whole(self, kind):
        """A whole example, and whether it is of a low confidence."""
        detector, text = self.rarest() if kind == "rare" else self.wholes[kind].next()
        self.count[detector] += 1
        return detector, text, self.is_low(detector)

    def rarest(self):
        detector = min(self.count, key=lambda d: (self.count[d], d))
        texts = [t for t in self.detectors[detector]["examples"] if templates(t)]
        return detector, texts[self.count[detector] % len(texts)]

    def value_of(self, detector):
        """A value alone: the longest template run of an example."""
        for name, value in self.of[detector][0]:
            return value
        text = self.of[detector][1][0]
        return text[slice(*value_span(text))]

    def placeholders(self, count):
        return [self.stand_ins.next() for _ in range(count)]

    def least(self):
        """How often the detector stands in the files that stands there least."""
        return min(self.count.values())
