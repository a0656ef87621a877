"""Where this interpreter looks for modules below a prefix.

usage: find_site.py PREFIX PROPOSED

Prints PROPOSED, Meson's directory, if the interpreter looks there, else its own directory below PREFIX, else PROPOSED
after all. Debian needs it: with --prefix=/usr/local Meson 1.0 proposes /usr/local/lib/python3/dist-packages, and
Debian's Python looks into /usr/local/lib/python3.11/dist-packages. A virtual environment made by that Python needs it
too.
"""
import os
import site
import sys
import sysconfig


def find(prefix, proposed):
    proposed = os.path.normpath(proposed)
    if proposed in sys.path:
        return proposed
    own = [sysconfig.get_path("purelib")] + ([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])
    # Not every directory below the prefix: /usr/local lies below /usr, and is another one.
    below = tuple(os.path.join(prefix, name, "") for name in ("lib", "lib64", "Lib"))
    return next((path for path in own if path.startswith(below)), proposed)


print(find(*sys.argv[1:]))
