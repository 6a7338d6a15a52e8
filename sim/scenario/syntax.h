/*
 * syntax.h - what is accepted where a file is no YAML
 */
#ifndef MMSIM_SCENARIO_SYNTAX_H
#define MMSIM_SCENARIO_SYNTAX_H

#include "sim/base/diag.h"

/*
 * What to write instead, for a problem in the words of the YAML parser and its place; NULL: the
 * problem says it itself.
 */
const char *syntax_accepted(const char *problem, const struct place *at);
/*
 * "key: value" for a line "key = value" at a place, which then is all of it; the caller frees it.
 * NULL: the line is not of this form.
 */
char *syntax_assignment(struct place *at);
/* Whether the first line that is no comment is one of sysctl.conf(5); *at: its key. */
bool syntax_is_sysctl(const struct diag_file *file, struct place *at);
#endif
