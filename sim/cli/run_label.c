/*
 * run_label.c - what runs that are put side by side are called
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/run_label.h"

#define NUMBERED     "run-" /* how a comparison calls files whose names would be too long */
#define MAX_SETTINGS 64

/* What was set in one run: each key with its last value. */
struct given {
	char *key[MAX_SETTINGS], *value[MAX_SETTINGS]; /* owned */
	int n;
};

char *run_name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strlen(name);

	if (len > 3 && strcmp(name + len - 3, ".db") == 0)
		len -= 3;
	return sim_strndup(name, len);
}

static int find_key(const struct given *g, const char *key)
{
	for (int i = 0; i < g->n; i++)
		if (strcmp(g->key[i], key) == 0)
			return i;
	return -1;
}

static void read_given(struct given *g, struct db *db)
{
	static const char *const columns[] = { "option", "name", "value" };
	struct db_query q = { "setting", columns, ARRAY_LEN(columns), NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);

	while (db_next(rows)) {
		int i = find_key(g, db_text(rows, 1));

		if (strcmp(db_text(rows, 0), "set") != 0 || (i < 0 && g->n == MAX_SETTINGS))
			continue;
		if (i < 0) {
			i = g->n++;
			g->key[i] = sim_strdup(db_text(rows, 1));
		} else {
			sim_free(g->value[i]);
		}
		g->value[i] = sim_strdup(db_text(rows, 2));
	}
	db_rows_free(rows);
}

/* Whether all runs have a key, and not all the same value. */
static bool tells_apart(const struct given *g, int n, const char *key)
{
	int first = find_key(&g[0], key);
	bool differ = false;

	for (int r = 1; r < n; r++) {
		int i = find_key(&g[r], key);

		if (i < 0)
			return false;
		differ = differ || strcmp(g[r].value[i], g[0].value[first]) != 0;
	}
	return differ;
}

/* "dirty_ratio 5, swappiness 60", or as the name of a file. */
static char *label_of(const struct given *g, int n, int run, bool with_seed, bool of_file)
{
	struct str label = { 0 };

	for (int k = 0; k < g[0].n; k++) {
		const char *key = g[0].key[k], *dot = strrchr(key, '.');

		if (!tells_apart(g, n, key) || (!with_seed && strcmp(key, "seed") == 0))
			continue;
		str_addf(&label, of_file ? "%s%s_%s" : "%s%s %s",
			 !label.len ? ""
			 : of_file  ? "-"
				    : ", ",
			 dot && !of_file ? dot + 1 : key, g[run].value[find_key(&g[run], key)]);
	}
	return str_take(&label);
}

/* Whether a comparison gave a file its name. */
static bool is_named_after(const struct given *g, int n, int run, const char *name)
{
	char *label = label_of(g, n, run, true, true), *safe = cli_file_name(label);
	size_t len = strlen(safe);
	bool same = *label && strncmp(safe, name, len) == 0 &&
		    (!name[len] || strncmp(name + len, "-seed_", 6) == 0);

	sim_free(label);
	sim_free(safe);
	return same || strncmp(name, NUMBERED, sizeof(NUMBERED) - 1) == 0;
}

static bool are_unique(char *const *labels, int n)
{
	for (int r = 0; r < n; r++) {
		if (!*labels[r])
			return false;
		for (int k = 0; k < r; k++)
			if (strcmp(labels[r], labels[k]) == 0)
				return false;
	}
	return true;
}

/* After the settings, with the seed only if it must be; false: they do not tell all runs apart. */
static bool label_by_settings(const struct given *g, int n, char **labels)
{
	for (int with_seed = 0; with_seed < 2; with_seed++) {
		for (int r = 0; r < n; r++)
			labels[r] = label_of(g, n, r, with_seed, false);
		if (are_unique(labels, n))
			return true;
		for (int r = 0; r < n; r++)
			sim_free(labels[r]);
	}
	return false;
}

void run_labels(struct db *const *dbs, const char *const *names, int n, char **labels)
{
	struct given *g = sim_calloc((size_t)n, sizeof(*g));
	bool of_comparison = n > 1;

	for (int r = 0; r < n; r++)
		read_given(&g[r], dbs[r]);
	for (int r = 0; r < n; r++)
		of_comparison = of_comparison && is_named_after(g, n, r, names[r]);
	if (!of_comparison || !label_by_settings(g, n, labels)) {
		for (int r = 0; r < n; r++)
			labels[r] = sim_strdup(names[r]);
		for (int r = 0; r < n && !are_unique(labels, n); r++) {
			sim_free(labels[r]);
			labels[r] = str_format("%s (%d)", names[r], r + 1);
		}
	}
	for (int r = 0; r < n; r++) {
		for (int i = 0; i < g[r].n; i++) {
			sim_free(g[r].key[i]);
			sim_free(g[r].value[i]);
		}
	}
	sim_free(g);
}
