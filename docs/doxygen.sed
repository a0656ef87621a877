# What Doxygen reads in the place of the headers' comments, line for line; run with -E.
# A group opens and closes in one line; @name would take the rest of it for its title.
s,^/\*\* @\} @name ,/** @} */ /** @name ,
s,^(.*/\*\* @name .*) @\{ \*/$,\1 */ /** @{ */,
# Two dots, and the elementwise product, do not end a sentence.
s, \.\. , \&hellip; ,g
s, \.\* , .\&lowast; ,g
# Paragraphs of their own.
s,Threads: ,@threads ,
s,Since ([0-9]+\.[0-9]+)\.,@since \1,
