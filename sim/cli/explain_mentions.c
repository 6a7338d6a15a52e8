/*
 * explain_mentions.c - mmsim explain for a word that is no name here: who speaks of it
 *
 * Lines of /proc (HugePages_Rsvd, Committed_AS), flags of calls (MAP_NORESERVE, O_DIRECT): what
 * they are here says so in its meaning.
 */
#include <ctype.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/explain.h"

#define LEAST 3 /* characters; shorter ones stand everywhere */

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* As a whole word, in letters of any size. */
static bool speaks_of(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; at && (at = strcasestr(at, word)) != NULL; at++)
		if ((at == text || !is_word_byte(at[-1])) && !is_word_byte(at[len]))
			return true;
	return false;
}

/* Takes over the name. */
static void note(struct mentions *m, const char *meaning, char *name)
{
	bool twice = !meaning || !speaks_of(meaning, m->word);

	for (int i = 0; i < m->n && i < MAX_SIMILAR; i++)
		twice |= strcmp(m->name[i], name) == 0;
	if (!twice && m->n++ < MAX_SIMILAR)
		m->name[m->n - 1] = name;
	else
		sim_free(name);
}

static void note_metrics(struct mentions *m, const struct metric_object *kind)
{
	for (int i = 0; i < kind->nr_rows; i++)
		note(m, kind->rows[i].meaning, sim_strdup(kind->rows[i].name));
}

static void note_ops(struct mentions *m, const struct model *model)
{
	for (int i = 0; i < model->nr_ops; i++)
		note(m, model->ops[i].meaning, sim_strdup(model->ops[i].name));
}

static void note_tunables(struct mentions *m, const struct tunable_class *class)
{
	for (int i = 0; i < class->nr_rows; i++)
		note(m, class->rows[i].meaning,
		     class->objects ? sim_strdup(class->rows[i].name)
				    : str_format("%s.%s", class->prefix, class->rows[i].name));
}

void mentions_add(struct mentions *m, const struct personality *p, const struct tables *t)
{
	if (strlen(m->word) < LEAST)
		return;
	for (int c = 0; t->tunables[c]; c++)
		note_tunables(m, t->tunables[c]);
	for (int k = 0; t->metrics[k]; k++)
		note_metrics(m, t->metrics[k]);
	for (int i = 0; p->models[i]; i++)
		note_ops(m, p->models[i]);
	for (int i = 0; i < p->args->nr_keys; i++) {
		const struct key *k = &p->args->keys[i];

		note(m, k->meaning,
		     k->of ? str_format("%s.%s", k->of, k->name) : sim_strdup(k->name));
	}
}

void mentions_print(struct mentions *m, struct str *out)
{
	for (int i = 0; i < m->n && i < MAX_SIMILAR; i++) {
		str_addf(out, "%s%s", i ? ", " : "\n  what speaks of it: ", m->name[i]);
		sim_free(m->name[i]);
	}
	if (m->n > MAX_SIMILAR)
		str_add(out, ", ...");
	m->n = 0;
}
