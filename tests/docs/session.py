"""Runs the Python blocks of a page, all in one namespace.

A request is a line of JSON on stdin, {"code", "name", "line"}; the reply, a line with the status, goes to the
descriptor argv[1]. What a block prints goes where stdout of the process goes, from C too.
"""
import json
import os
import sys
import traceback

requests = os.fdopen(os.dup(0), encoding="utf-8")
replies = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
sys.argv = [""]
sys.path[0] = ""
namespace = {"__name__": "__main__"}
for request in requests:
    block = json.loads(request)
    status = 0
    try:
        # Empty lines in front, so that a traceback has the page's own line numbers.
        exec(compile("\n" * (block["line"] - 1) + block["code"], block["name"], "exec"), namespace)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    replies.write(f"{status}\n")
    replies.flush()
