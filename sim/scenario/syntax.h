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
#endif
