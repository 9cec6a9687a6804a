"""describe_terminal: what a program knows of its terminal, as JSON on one line."""
import json
import os

print(json.dumps({
    "is_terminal": [os.isatty(descriptor) for descriptor in (0, 1, 2)],
    "name": os.ttyname(0),
    "size": list(os.get_terminal_size(0)),
    "in_foreground": os.tcgetpgrp(0) == os.getpgrp(),
    "group": os.getpgrp(),
    "session": os.getsid(0),
}), flush=True)
