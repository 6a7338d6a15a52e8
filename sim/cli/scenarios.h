/*
 * scenarios.h - the scenarios that come with mmsim
 */
#ifndef MMSIM_CLI_SCENARIOS_H
#define MMSIM_CLI_SCENARIOS_H

#include "sim/base/str.h"

/* One of them: a file that begins with a comment, the question it answers first. */
struct shipped_scenario {
	char *name;     /* owned: "tutorial/01-watermarks.yaml", below the folder of all */
	char *path;     /* owned */
	char *question; /* owned: up to the question mark, in one line */
};

struct shipped_scenarios {
	char *folder;               /* owned; NULL: there are none */
	struct shipped_scenario *s; /* owned; by name, those of lessons last */
	int n;
};

void shipped_scenarios_read(struct shipped_scenarios *all);
void shipped_scenarios_free(struct shipped_scenarios *all);
/* The one of a name, with or without ".yaml" and its folder; NULL: there is none. */
const struct shipped_scenario *shipped_scenario_find(const struct shipped_scenarios *all,
						     const char *name);
/* All it says of itself: the lines of its comment without "#". */
void shipped_scenario_comment(const struct shipped_scenario *s, struct str *text);
#endif
