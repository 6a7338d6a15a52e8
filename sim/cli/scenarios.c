/*
 * scenarios.c - the scenarios that come with mmsim: in the source tree, or where it is installed
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/cli.h"
#include "sim/cli/scenarios.h"

#define MAX_COMMENT 8192 /* bytes */
#define EXTENSION   ".yaml"

static int by_name(const void *a, const void *b)
{
	const struct shipped_scenario *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void shipped_scenario_comment(const struct shipped_scenario *s, struct str *text)
{
	char line[512];
	FILE *f = fopen(s->path, "r");

	str_add(text, "");
	while (f && text->len < MAX_COMMENT && fgets(line, sizeof(line), f) && line[0] == '#') {
		if (strstr(line, "yaml-language-server:"))
			break;
		str_add(text, line + 1 + (line[1] == ' '));
	}
	if (f)
		fclose(f);
	while (text->len && text->s[text->len - 1] == '\n')
		text->s[--text->len] = '\0';
}

/* The first paragraph up to its question mark. */
static char *first_question(const struct shipped_scenario *s)
{
	struct str text = { 0 };
	char *end, *mark;

	shipped_scenario_comment(s, &text);
	end = strstr(text.s, "\n\n");
	if (end)
		*end = '\0';
	mark = strchr(text.s, '?');
	if (mark)
		mark[1] = '\0';
	for (char *p = text.s; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return text.s;
}

static void read_folder(struct shipped_scenarios *all, const char *prefix)
{
	char *folder = str_format("%s/%s", all->folder, prefix);
	DIR *dir = opendir(folder);
	int before = all->n;

	for (struct dirent *e; dir && (e = readdir(dir));) {
		size_t len = strlen(e->d_name), end = strlen(EXTENSION);
		struct shipped_scenario *s;

		if (len <= end || strcmp(e->d_name + len - end, EXTENSION) != 0)
			continue;
		all->s = sim_realloc(all->s, (size_t)(all->n + 1) * sizeof(*all->s));
		s = &all->s[all->n++];
		s->name = str_format("%s%s", prefix, e->d_name);
		s->path = str_format("%s/%s", all->folder, s->name);
		s->question = first_question(s);
	}
	if (dir)
		closedir(dir);
	if (all->n > before)
		qsort(all->s + before, (size_t)(all->n - before), sizeof(*all->s), by_name);
	sim_free(folder);
}

void shipped_scenarios_read(struct shipped_scenarios *all)
{
	*all = (struct shipped_scenarios){ .folder = cli_data_folder("scenarios", "scenarios") };
	if (!all->folder)
		return;
	read_folder(all, "");
	read_folder(all, "tutorial/");
}

void shipped_scenarios_free(struct shipped_scenarios *all)
{
	for (int i = 0; i < all->n; i++) {
		sim_free(all->s[i].name);
		sim_free(all->s[i].path);
		sim_free(all->s[i].question);
	}
	sim_free(all->s);
	sim_free(all->folder);
}

static bool is_called(const char *file, const char *name)
{
	size_t n = strlen(name);

	return strncmp(file, name, n) == 0 && (!file[n] || strcmp(file + n, EXTENSION) == 0);
}

const struct shipped_scenario *shipped_scenario_find(const struct shipped_scenarios *all,
						     const char *name)
{
	for (int i = 0; i < all->n; i++) {
		const char *slash = strrchr(all->s[i].name, '/');

		if (is_called(all->s[i].name, name) || (slash && is_called(slash + 1, name)))
			return &all->s[i];
	}
	return NULL;
}
