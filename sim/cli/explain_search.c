/*
 * explain_search.c - what all files of mmsim explain look and print with
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/explain.h"

bool search_is(struct search *s, const char *name)
{
	void *names = s->names;

	sim_grow(&names, &s->cap_names, s->nr_names + 1, sizeof(*s->names));
	s->names = names;
	s->names[s->nr_names++] = sim_strdup(name);
	if (strcmp(s->name, name) != 0)
		return false;
	if (s->found++)
		putchar('\n');
	return true;
}

void explain_line(const char *what, const char *text)
{
	if (*text)
		printf("  %-9s %s\n", what, text);
}
