/*
 * explain_calls.c - mmsim explain: calls, what their words mean, and what they give
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/explain.h"

/* Whether a list of names ("mmap, touch:", "mmap and mprotect:") has that of a call. */
static bool names_op(const struct personality *p, const char *list, size_t len, const char *op,
		     bool *any)
{
	bool found = false;

	for (const char *end = list + len; list < end;) {
		size_t n = strcspn(list, ", :");
		char *word = sim_strndup(list, n);

		found |= strcmp(word, op) == 0;
		*any |= op_find(p, word) != NULL;
		sim_free(word);
		list += n + strspn(list + n, ", :");
	}
	return found;
}

/*
 * What a word means in a call; the caller frees it.  A text is "in all calls; of this, that: in
 * these calls": without what it says of other calls; what it says of this one stands instead of the
 * rest.
 */
static char *argument_meaning(const struct personality *p, const char *text, const char *op)
{
	struct str out = { 0 };

	for (const char *next; text; text = next) {
		const char *colon = strchr(text, ':');
		bool any = false;

		next = strstr(text, "; of ");
		if (strncmp(text, "; of ", 5) == 0) {
			next = strstr(text + 5, "; of ");
			if (colon && (!next || colon < next) &&
			    names_op(p, text + 5, (size_t)(colon - text - 5), op, &any)) {
				colon += 1 + strspn(colon + 1, " ");
				str_free(&out);
				str_addf(&out, "%.*s",
					 (int)(next ? next - colon : (long)strlen(colon)), colon);
				break;
			}
		}
		if (!any)
			str_addf(&out, "%.*s", (int)(next ? next - text : (long)strlen(text)),
				 text);
	}
	return str_take(&out);
}

/* What an argument word means, out of the one table of words. */
static void explain_argument(const struct personality *p, const char *word, size_t len,
			     const struct op *op)
{
	const struct key *k = op_word(p->args, op, word, len);

	if (k) {
		char *meaning = argument_meaning(p, k->meaning, op->name);

		printf("    %-14s %s\n", k->name, meaning);
		sim_free(meaning);
	}
}

/* What assert: can read of a result. */
static void explain_fields(const struct personality *p, const char *kind)
{
	for (int i = 0; kind && i < p->nr_fields; i++)
		if (!strcmp(p->fields[i].kind, kind))
			printf("    .%-13s %s\n", p->fields[i].name, p->fields[i].meaning);
}

void explain_ops(struct search *s)
{
	for (int m = 0; s->p->models[m]; m++) {
		for (int i = 0; i < s->p->models[m]->nr_ops; i++) {
			const struct op *op = &s->p->models[m]->ops[i];

			if (!search_is(s, op->name))
				continue;
			printf("%s: call of %s (%s)\n  %s\n", op->name, s->p->name,
			       s->p->models[m]->name, op->meaning);
			explain_line("takes", op->takes ? op->takes : "");
			for (const char *w = op->takes; w && *w; w += strcspn(w, ",")) {
				w += strspn(w, ", ");
				explain_argument(s->p, w, strcspn(w, " =,"), op);
			}
			explain_line("gives", op->gives ? op->gives : "a number");
			explain_fields(s->p, op->gives);
			explain_places(s->p, "op", op->name);
		}
	}
}
