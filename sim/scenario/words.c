/*
 * words.c - a list of words, and what to say of one that is not in it
 */
#include "sim/scenario/words.h"

#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"

#define MAX_SHOWN   60   /* characters of what was written */
#define MAX_LISTED  24   /* words that are listed */
#define MAX_SEARCH  5000 /* words among which a near one is looked for */
#define MAX_OFFERED 500  /* errors after which that would take too long */

/* What fio, stress-ng, shells and programmers write, and the word for it here; one line each. */
static const struct {
	const char *theirs, *ours;
} other_words[] = {
	/* calls */
	{ "repeat", "loop" },
	{ "while", "loop" },
	{ "usleep", "sleep" },
	{ "delay", "sleep" },
	{ "pause", "sleep" },
	{ "malloc", "mmap" },
	{ "free", "munmap" },
	{ "memset", "touch" },
	{ "dirty", "touch" },
	{ "fill", "touch" },
	{ "access", "touch" },
	{ "cat", "read" },
	{ "rm", "unlink" },
	{ "delete", "unlink" },
	{ "posix_fadvise", "fadvise" },
	{ "ftruncate", "truncate" },
	/* their words */
	{ "bytes", "len" },
	{ "size", "len" },
	{ "size", "bytes" },
	{ "length", "len" },
	{ "bs", "block" },
	{ "blocksize", "block" },
	{ "times", "count" },
	{ "runtime", "for" },
	{ "bandwidth", "rate" },
	{ "random", "pattern" },
	/* of a task, a node, a disk */
	{ "threads", "count" },
	{ "processes", "count" },
	{ "numjobs", "count" },
	{ "priority", "nice" },
	{ "steps", "do" },
	{ "at", "start" },
	{ "cores", "cpus" },
	{ "ram", "memory" },
	{ "mem", "memory" },
	{ "speed", "bandwidth" },
	{ "depth", "queue_depth" },
	{ "iodepth", "queue_depth" },
	{ "capacity", "size" },
	{ "iops", "iops_limit" },
	{ "seek", "seek_full" },
};

void words_add(struct words *words, const char *word)
{
	void *w = words->w;

	sim_grow(&w, &words->cap, words->n + 1, sizeof(*words->w));
	words->w = w;
	words->w[words->n++] = word;
}

void words_free(struct words *words)
{
	sim_free(words->w);
	*words = (struct words){ 0 };
}

bool words_offered(const struct diag *d)
{
	return d->nr_errors <= MAX_OFFERED;
}

const char *words_nearest(const char *written, const char *const *list, size_t n)
{
	for (size_t o = 0; o < ARRAY_LEN(other_words); o++) {
		if (strcmp(other_words[o].theirs, written) != 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (strcmp(list[i], other_words[o].ours) == 0)
				return list[i];
	}
	return diag_nearest(written, list, n);
}

/* The only word that begins with what was written, or that it begins with; NULL: none, or several.
 */
static const char *beginning(const struct words *words, size_t n, const char *written)
{
	const char *found = NULL;
	size_t len = strlen(written);

	for (size_t i = 0; i < n; i++) {
		size_t word = strlen(words->w[i]), same = word < len ? word : len;

		if (same < 3 || strncmp(words->w[i], written, same) != 0)
			continue;
		if (found)
			return NULL;
		found = words->w[i];
	}
	return found;
}

/* The only word in which what was written stands ("oom_score_adj" in a call that sets it). */
static const char *containing(const struct words *words, size_t n, const char *written)
{
	const char *found = NULL;

	if (strlen(written) < 4)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!strstr(words->w[i], written))
			continue;
		if (found)
			return NULL;
		found = words->w[i];
	}
	return found;
}

/* Whether a word stands above: what is there twice by mistake is offered once. */
static bool is_repeated(const struct words *words, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(words->w[k], words->w[i]) == 0)
			return true;
	return false;
}

/* So many words at most; first those that begin with what was written. */
static void list_words(const struct words *words, const char *written, bool offered,
		       struct str *out)
{
	size_t len = offered ? strlen(written) : 0, listed = 0;

	for (int others = len < 3; others < 2; others++) {
		for (size_t i = 0; i < words->n && listed < MAX_LISTED; i++) {
			if (len >= 3 && (strncmp(words->w[i], written, len) != 0) != others)
				continue;
			if (offered && is_repeated(words, i))
				continue;
			str_add(out, listed++ ? ", " : "");
			str_add(out, words->w[i]);
		}
	}
}

void words_unknown(const struct words *words, struct diag *d, struct place at, const char *what,
		   const char *written, const char *where)
{
	char *shown = diag_escape(written, strlen(written), MAX_SHOWN);
	size_t search = words->n < MAX_SEARCH ? words->n : MAX_SEARCH;
	const char *near = words_offered(d) ? words_nearest(written, words->w, search) : NULL;
	struct str accepted = { 0 };

	if (!near && !words->elsewhere && words_offered(d))
		near = beginning(words, search, written);
	if (!near && !words->elsewhere && words_offered(d))
		near = containing(words, search, written);
	list_words(words, written, words_offered(d), &accepted);
	if (words->n > MAX_LISTED)
		str_addf(&accepted, " and %zu more", words->n - MAX_LISTED);
	if (words->n > MAX_LISTED && words->shown_by)
		str_addf(&accepted, "; %s shows all", words->shown_by);
	if (near)
		diag_error(d, at, "%s \"%s\"%s; did you mean \"%s\"?", what, shown, where, near);
	else if (words->elsewhere)
		diag_error(d, at, "%s \"%s\"%s; known as %s", what, shown, where, words->elsewhere);
	else
		diag_error(d, at, "%s \"%s\"%s; accepted: %s", what, shown, where,
			   words->n ? str_get(&accepted) : "none: the scenario has none");
	str_free(&accepted);
	sim_free(shown);
}
