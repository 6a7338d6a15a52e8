/*
 * api.c - calls of the kernel's own functions, one after another
 *
 *	calls.txt  ->  calls, answered by the group of the case  ->  calls.txt
 *
 * The functions are those that simulated programs run through; a group only
 * makes the machine that its script was recorded on, and writes what came back.
 */
#include <string.h>

#include "models/linux/verify/api_case.h"

static const struct api_group *const groups[] = {
	&api_cache, &api_vm, &api_dma, &api_mempool, &api_user,
};

void api_error(struct api_case *a, const struct api_line *l, const char *what)
{
	verify_error(a->c, "calls.txt:%d: %s: %s", l->number, l->text, what);
}

int64_t api_number(struct api_case *a, const struct api_line *l, int i)
{
	int64_t v = 0;

	if (i >= l->nr_words)
		api_error(a, l, "an argument is missing");
	else if (!verify_parse(l->word[i], &v))
		api_error(a, l, "not a number");
	return v;
}

int api_find_call(struct api_case *a, const struct api_line *l, const struct api_call *rows,
		  size_t n, size_t stride)
{
	bool known = false;

	for (size_t i = 0; i < n; i++) {
		const struct api_call *row =
		    (const void *)((const char *)(const void *)rows + i * stride);

		if (strcmp(l->word[0], row->name) != 0)
			continue;
		if (l->nr_words - 1 == row->nr_args)
			return (int)i;
		known = true;
	}
	api_error(a, l, known ? "not as many arguments as this call takes" : "no such call");
	return -1;
}

gfp_t api_gfp(struct api_case *a, const struct api_line *l, int i)
{
	static const struct {
		const char *name;
		gfp_t gfp;
	} masks[] = {
		{ "KERNEL", GFP_KERNEL },
		{ "ATOMIC", GFP_ATOMIC },
		{ "NOWAIT", GFP_NOWAIT },
		{ "NOIO", GFP_NOIO },
		{ "NOFS", GFP_NOFS },
		{ "IO", __GFP_KSWAPD_RECLAIM | __GFP_IO },
		{ "NONE", 0 },
	};

	for (size_t k = 0; i < l->nr_words && k < ARRAY_LEN(masks); k++)
		if (strcmp(l->word[i], masks[k].name) == 0)
			return masks[k].gfp;
	api_error(a, l, "no such mask; accepted: KERNEL, ATOMIC, NOWAIT, NOIO, NOFS, IO, NONE");
	return 0;
}

uint64_t api_number_below(struct api_case *a, const struct api_line *l, int i, uint64_t limit)
{
	int64_t v = api_number(a, l, i);

	if (v >= 0 && (uint64_t)v < limit)
		return (uint64_t)v;
	api_error(a, l, "out of range");
	return 0;
}

/* Takes the call apart; the line itself stays whole. */
static void split_call(struct api_line *l)
{
	char *p;

	l->words = sim_strdup(l->text);
	p = l->words;
	while (l->nr_words < API_MAX_WORDS) {
		const char *word = verify_word(&p);

		if (!*word)
			return;
		l->word[l->nr_words++] = word;
	}
}

/* A line of one small letter belongs to the call above it. */
static void note_event(struct api_case *a)
{
	size_t i = a->n - 1;
	const char *text = a->lines[i].text;

	if (!i || text[0] < 'a' || text[0] > 'z' || text[1] != ' ')
		return;
	while (i && a->lines[i - 1].is_event)
		i--;
	if (!i || !a->lines[i - 1].is_call)
		return;
	a->lines[i - 1].nr_events++;
	a->lines[a->n - 1].is_event = true;
}

static void add_line(struct api_case *a, char *line)
{
	char *answer = strstr(line, " = ");
	struct api_line *l;

	sim_grow((void **)&a->lines, &a->cap, a->n + 1, sizeof(*a->lines));
	l = &a->lines[a->n++];
	*l = (struct api_line){ .text = line, .number = a->text.line };
	if (line[0] == '#' || !answer) {
		note_event(a);
		return;
	}
	*answer = '\0';
	l->is_call = true;
	if (strcmp(answer + 3, "?") != 0)
		l->recorded = answer + 3;
	split_call(l);
}

static bool read_calls(struct api_case *a)
{
	char *line;

	if (!verify_read(a->c, "calls.txt", &a->text)) {
		verify_error(a->c, "calls.txt is needed");
		return false;
	}
	while ((line = verify_line(&a->text)))
		if (*line)
			add_line(a, line);
	return true;
}

static void write_calls(const struct api_case *a)
{
	FILE *f = verify_create(a->c, "calls.txt");

	for (size_t i = 0; f && i < a->n; i++) {
		const struct api_line *l = &a->lines[i];

		if (l->is_call)
			fprintf(f, "%s = %s\n%s", l->text, l->answer, l->events ? l->events : "");
		else if (!l->is_event)
			fprintf(f, "%s\n", l->text);
	}
	verify_finish(a->c, f);
}

static void compare_calls(const struct api_case *a, const struct api_group *group)
{
	struct verify_quantity q[API_MAX_QUANTITIES] = { 0 };
	int n = 0;

	for (; group->quantities[n]; n++)
		q[n].name = group->quantities[n];
	for (size_t i = 0; i < a->n; i++)
		if (a->lines[i].is_call && a->lines[i].recorded)
			group->compare(&a->lines[i], q);
	verify_report(a->c, q, n);
}

static const struct api_group *group_of(struct verify_case *c)
{
	const struct yaml_node *name = yaml_get(c->yaml, "group");
	struct str names = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (name && yaml_is(name, groups[i]->name))
			return groups[i];
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		str_addf(&names, "%s%s", i ? ", " : "", groups[i]->name);
	verify_error(
	    c, "the case is of a group of the family api that is not known here; accepted: %s",
	    str_get(&names));
	str_free(&names);
	return NULL;
}

static bool api_run(struct verify_case *c)
{
	const struct api_group *group = group_of(c);
	struct api_case a = { .c = c };
	bool ok = group && read_calls(&a) && group->run(&a) && !diag_failed(c->diag);

	if (ok) {
		write_calls(&a);
		compare_calls(&a, group);
	}
	for (size_t i = 0; i < a.n; i++) {
		sim_free(a.lines[i].answer);
		sim_free(a.lines[i].events);
		sim_free(a.lines[i].words);
	}
	sim_free(a.lines);
	verify_text_free(&a.text);
	return ok;
}

const struct verify_family verify_api = { .name = "api", .run = api_run };
