"""What the checks need to know of a Swift file: its code without comments and texts, and its imports."""

import re

ATTRIBUTE = r"@\w+(?:\([^)]*\))?\s+"
IMPORT = re.compile(
    rf"^\s*(?:{ATTRIBUTE})*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)"
)
# In the order in which Swift reads them: comments, raw and multi-line texts, plain texts.
OPENING = re.compile(r'//[^\n]*|/\*|#*"""|#*"')


def code(source):
    """The same lines with comments and string literals blanked, so that a word in them is not taken for code."""
    kept, position = [], 0
    while opening := OPENING.search(source, position):
        kept.append(source[position : opening.start()])
        end = end_of(source, opening)
        kept.append(re.sub(r"[^\n]", " ", source[opening.start() : end]))
        position = end
    return "".join(kept) + source[position:]


def end_of(source, opening):
    """Where the comment or the literal that `opening` matched ends."""
    start = opening.group()
    if start.startswith("//"):
        return opening.end()
    if start == "/*":
        return end_of_block_comment(source, opening.end())
    raw = start.count("#")
    closing, escape = start.lstrip("#") + "#" * raw, "\\" + "#" * raw
    position = opening.end()
    while position < len(source):
        if source.startswith(closing, position):
            return position + len(closing)
        if source.startswith(escape + "(", position):
            position = end_of_interpolation(source, position + len(escape) + 1)
        elif source.startswith(escape, position):
            position += len(escape) + 1
        elif source[position] == "\n" and '"""' not in closing:
            return position  # not valid Swift; the compiler says so, and the rest of the file still gets checked
        else:
            position += 1
    return len(source)


def end_of_block_comment(source, position):
    depth = 1  # Swift's block comments nest
    for mark in re.finditer(r"/\*|\*/", source[position:]):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return position + mark.end()
    return len(source)


def end_of_interpolation(source, position):
    """After the bracket that closes `\\(`; an interpolation may hold brackets and further literals."""
    depth = 1
    while position < len(source) and depth:
        if literal := OPENING.match(source, position):
            position = end_of(source, literal)
            continue
        depth += {"(": 1, ")": -1}.get(source[position], 0)
        position += 1
    return position


def swift_files(folder):
    return sorted(folder.rglob("*.swift"))


def imports(text):
    """(line number, module) of each import in text that `code` returned."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := IMPORT.match(line):
            yield number, match.group(1)
