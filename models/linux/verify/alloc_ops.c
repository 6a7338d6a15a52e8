/*
 * alloc_ops.c - calls of the page allocator as lines of text: read, written, compared
 *
 *	A cpu slot order gfp node frame     the first words are the call, the last its answer
 *
 * In a case that holds its inputs alone the answers are "?" or not there.  What
 * is freed is known by its slot: a name for what an allocation returned.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/verify/alloc_case.h"

#define MAX_SLOTS (1u << 24)
#define MAX_BULK  (1u << 20)
#define MAX_EXACT (1ULL << 40) /* bytes */

/* ---- the calls ---- */

/* Words of a call behind its letter; answers stand at the end and are read apart. */
enum word {
	W_CPU,
	W_SLOT,
	W_ORDER,
	W_BYTES,
	W_PAGES,
	W_BULK,
	W_GFP,
	W_NODE,
	W_PFN, /* an argument, not an answer */
	W_TYPE,
	W_MASK,
	W_FLAGS,
	W_NUMBER,
	W_ANSWER_PFN,
	W_ANSWER_NUMBER,
	W_ANSWER_BITS,
	W_ANSWER_LIST,
	W_FIRST, /* slot of the first page, behind an answer */
	W_END,
};

struct call {
	char letter;
	uint8_t words[8];
};

static const struct call calls[] = {
	{ 'A', { W_CPU, W_SLOT, W_ORDER, W_GFP, W_NODE, W_ANSWER_PFN, W_END } },
	{ 'F', { W_CPU, W_SLOT, W_ORDER, W_ANSWER_PFN, W_END } },
	{ 'X', { W_CPU, W_SLOT, W_BYTES, W_GFP, W_NODE, W_ANSWER_PFN, W_END } },
	{ 'Y', { W_CPU, W_SLOT, W_BYTES, W_ANSWER_PFN, W_END } },
	{ 'S', { W_CPU, W_SLOT, W_ORDER, W_ANSWER_PFN, W_FIRST, W_END } },
	{ 'B', { W_CPU, W_SLOT, W_BULK, W_GFP, W_NODE, W_ANSWER_LIST, W_END } },
	{ 'C', { W_CPU, W_SLOT, W_PFN, W_PAGES, W_TYPE, W_GFP, W_ANSWER_NUMBER, W_END } },
	{ 'Z', { W_CPU, W_SLOT, W_PFN, W_PAGES, W_END } },
	{ 'G', { W_CPU, W_PFN, W_MASK, W_ANSWER_BITS, W_END } },
	{ 'P', { W_CPU, W_PFN, W_FLAGS, W_MASK, W_END } },
	{ 'D', { W_CPU, W_END } },
	{ 'V', { W_CPU, W_END } },
	{ 'M', { W_CPU, W_NUMBER, W_END } },
	{ 'a', { W_ANSWER_PFN, W_ORDER, W_GFP, W_END } },
	{ 'f', { W_PFN, W_ORDER, W_END } },
};

static const struct call *call_of(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (calls[i].letter == letter)
			return &calls[i];
	return NULL;
}

/* ---- reading ---- */

struct ops_reader {
	struct verify_case *c;
	const char *path;
	struct alloc_replay *r;
	int line;
	int last_cpu;
	bool failed;
};

static void wrong(struct ops_reader *d, const char *what)
{
	if (!d->failed)
		verify_error(d->c, "%s:%d: %s", d->path, d->line, what);
	d->failed = true;
}

static int64_t number(struct ops_reader *d, const char *word, int base, int64_t min, int64_t max)
{
	char *end;
	int64_t v = strtoll(word, &end, base);

	if (*word && !*end && v >= min && v <= max)
		return v;
	wrong(d, "a word is missing, no number, or out of range");
	return min;
}

static bool unknown(const char *word)
{
	return !*word || strcmp(word, "?") == 0;
}

static int64_t frame_or_fail(struct ops_reader *d, const char *word)
{
	return strcmp(word, "FAIL") == 0 ? 0 : number(d, word, 16, 1, UINT32_MAX);
}

/* Room for slots first..first+n-1. */
static void need_slots(struct ops_reader *d, int64_t first, int64_t n)
{
	struct alloc_slots *s = d->r->slots;
	size_t end = (size_t)(first + n);

	if (first + n > MAX_SLOTS) {
		wrong(d, "the number of a slot is too large");
		return;
	}
	if (end <= s->n)
		return;
	sim_grow((void **)&s->slot, &s->cap, end, sizeof(*s->slot));
	memset(&s->slot[s->n], 0, (end - s->n) * sizeof(*s->slot));
	s->n = end;
}

static void check_gfp(struct ops_reader *d, gfp_t gfp)
{
	if (gfp_zone(gfp) < 0 || gfp_migratetype(gfp) >= MIGRATE_PCPTYPES)
		wrong(d, "the mask asks for two zones or two kinds of mobility");
}

/* "got frame ..." of a B. */
static void read_list(struct ops_reader *d, struct alloc_op *op, char **words)
{
	const char *word = verify_word(words);

	if (unknown(word))
		return;
	op->recorded = true;
	op->expected = (int64_t)d->r->expected_frames.n;
	op->expected_nr = (int)number(d, word, 10, 0, MAX_BULK);
	for (int i = 0; i < op->expected_nr && !d->failed; i++)
		alloc_keep_frame(&d->r->expected_frames,
				 (uint32_t)number(d, verify_word(words), 16, 1, UINT32_MAX));
}

/* The slot behind the answer of an S: an answer that is left out leaves one word. */
static void read_first(struct ops_reader *d, struct alloc_op *op, const char *answer, char **words)
{
	const char *word = verify_word(words);

	if (!*word) {
		word = answer;
		op->recorded = false;
	}
	op->start = (uint64_t)number(d, word, 10, 0, MAX_SLOTS);
	need_slots(d, (int64_t)op->start, 1LL << op->size);
}

static void read_answer(struct ops_reader *d, struct alloc_op *op, enum word kind, const char *word)
{
	if (unknown(word))
		return;
	op->recorded = true;
	if (kind == W_ANSWER_PFN)
		op->expected = frame_or_fail(d, word);
	else if (kind == W_ANSWER_NUMBER)
		op->expected = number(d, word, 10, -4096, 0);
	else
		op->expected = number(d, word, 16, 0, ALLOC_BLOCK_BITS);
}

static void read_word(struct ops_reader *d, struct alloc_op *op, enum word kind, const char *word)
{
	const struct linux_vm *vm = &d->r->st->vm;

	switch (kind) {
	case W_CPU:
		op->cpu = d->last_cpu = (int)number(d, word, 10, 0, vm->nr_cpu_ids - 1);
		break;
	case W_SLOT:
		op->slot = (uint32_t)number(d, word, 10, 0, MAX_SLOTS - 1);
		need_slots(d, op->slot, 1);
		break;
	case W_ORDER:
		op->size = (uint64_t)number(d, word, 10, 0, op->kind == 'A' ? 31 : MAX_ORDER - 1);
		break;
	case W_BYTES:
		op->size = (uint64_t)number(d, word, 10, 1, MAX_EXACT);
		break;
	case W_PAGES:
		op->size = (uint64_t)number(d, word, 10, 1, (int64_t)vm->max_pfn);
		if (op->start + op->size > vm->max_pfn)
			wrong(d, "the range ends beyond the last page");
		break;
	case W_BULK:
		op->size = (uint64_t)number(d, word, 10, 0, MAX_BULK);
		need_slots(d, op->slot, (int64_t)op->size);
		break;
	case W_GFP:
		op->gfp = (gfp_t)number(d, word, 16, 0, UINT32_MAX);
		check_gfp(d, op->gfp);
		break;
	case W_NODE:
		op->node = (int)number(d, word, 10, NUMA_NO_NODE, vm->nr_nodes - 1);
		break;
	case W_PFN:
		op->start = (uint64_t)number(d, word, 16, 0, (int64_t)vm->max_pfn - 1);
		break;
	case W_TYPE:
		op->type = (int)number(d, word, 10, 0, MIGRATE_PCPTYPES - 1);
		break;
	case W_MASK:
		op->gfp = (gfp_t)number(d, word, 16, 0, ALLOC_BLOCK_BITS);
		break;
	case W_FLAGS:
		op->size = (uint64_t)number(d, word, 16, 0, ALLOC_BLOCK_BITS);
		break;
	case W_NUMBER:
		op->size = (uint64_t)number(d, word, 10, 0, INT32_MAX);
		break;
	case W_ANSWER_PFN:
	case W_ANSWER_NUMBER:
	case W_ANSWER_BITS:
	case W_ANSWER_LIST:
	case W_FIRST:
	case W_END:
		break;
	}
}

static void read_call(struct ops_reader *d, const struct call *call, char *words)
{
	struct alloc_replay *r = d->r;
	struct alloc_op op = { .kind = call->letter, .cpu = d->last_cpu };
	const char *word = "";

	for (const uint8_t *w = call->words; *w != W_END && !d->failed; w++) {
		if (*w == W_ANSWER_LIST) {
			read_list(d, &op, &words);
			break;
		}
		if (*w == W_FIRST) {
			read_first(d, &op, word, &words);
			break;
		}
		word = verify_word(&words);
		if (*w >= W_ANSWER_PFN)
			read_answer(d, &op, *w, word);
		else
			read_word(d, &op, *w, word);
	}
	r->has_answers |= op.recorded;
	sim_grow((void **)&r->ops, &r->cap_ops, r->nr_ops + 1, sizeof(*r->ops));
	r->ops[r->nr_ops++] = op;
}

/* Which fields of an event are hexadecimal: x or d each; NULL: no event. */
static const char *event_fields(char letter)
{
	switch (letter) {
	case 'e':
		return "xddddd";
	case 'w':
		return "dddx";
	case 'd':
		return "xdd";
	case 'l':
		return "xddd";
	default:
		return NULL;
	}
}

static void read_event(struct ops_reader *d, char letter, const char *fields, char *words)
{
	struct alloc_event *e =
	    alloc_add_event(&d->r->expected_events, letter, (uint32_t)d->r->nr_ops);

	for (int i = 0; fields[i]; i++)
		e->v[i] = number(d, verify_word(&words), fields[i] == 'x' ? 16 : 10, INT32_MIN,
				 UINT32_MAX);
	d->r->has_moves |= letter == 'd' || letter == 'l';
}

bool alloc_ops_read(struct verify_case *c, const char *path, struct alloc_replay *r)
{
	struct ops_reader d = { .c = c, .path = path, .r = r };
	struct verify_text t;
	char *line;

	if (!verify_read(c, path, &t)) {
		verify_error(c, "%s is needed", path);
		return false;
	}
	while ((line = verify_line(&t)) && !d.failed) {
		const char *letter = verify_word(&line);
		const struct call *call = call_of(*letter);
		const char *fields = event_fields(*letter);

		d.line = t.line;
		if (!*letter || *letter == '#')
			continue;
		if (letter[1] || (!call && !fields))
			wrong(&d, "no call; accepted: A F X Y S B C Z G P D V M, and events");
		else if (call)
			read_call(&d, call, line);
		else
			read_event(&d, *letter, fields, line);
	}
	verify_text_free(&t);
	return !d.failed;
}

/* ---- writing ---- */

static void print_frame(FILE *f, int64_t pfn)
{
	if (pfn)
		fprintf(f, " %" PRIx64, (uint64_t)pfn);
	else
		fprintf(f, " FAIL");
}

static void print_word(const struct alloc_replay *r, FILE *f, const struct alloc_op *op,
		       enum word kind)
{
	switch (kind) {
	case W_CPU:
		fprintf(f, " %d", op->cpu);
		break;
	case W_SLOT:
		fprintf(f, " %" PRIu32, op->slot);
		break;
	case W_ORDER:
	case W_BYTES:
	case W_PAGES:
	case W_BULK:
	case W_NUMBER:
		fprintf(f, " %" PRIu64, op->size);
		break;
	case W_GFP:
	case W_MASK:
		fprintf(f, " %" PRIx32, op->gfp);
		break;
	case W_NODE:
		fprintf(f, " %d", op->node);
		break;
	case W_PFN:
		fprintf(f, " %" PRIx64, op->start);
		break;
	case W_TYPE:
		fprintf(f, " %d", op->type);
		break;
	case W_FLAGS:
		fprintf(f, " %" PRIx64, op->size);
		break;
	case W_FIRST:
		fprintf(f, " %" PRIu64, op->start);
		break;
	case W_ANSWER_PFN:
		print_frame(f, op->answer);
		break;
	case W_ANSWER_NUMBER:
		fprintf(f, " %" PRId64, op->answer);
		break;
	case W_ANSWER_BITS:
		fprintf(f, " %" PRIx64, (uint64_t)op->answer);
		break;
	case W_ANSWER_LIST:
		fprintf(f, " %d", op->nr);
		for (int i = 0; i < op->nr; i++)
			print_frame(f, r->frames.pfn[op->answer + i]);
		break;
	case W_END:
		break;
	}
}

static void print_event(FILE *f, const struct alloc_event *e)
{
	const char *fields = event_fields(e->kind);

	fputc(e->kind, f);
	for (int i = 0; fields[i]; i++)
		fprintf(f, fields[i] == 'x' ? " %" PRIx64 : " %" PRId64, e->v[i]);
	fputc('\n', f);
}

void alloc_replay_print(const struct alloc_replay *r, FILE *f)
{
	size_t e = 0;

	for (size_t i = 0; i < r->nr_ops; i++) {
		const struct alloc_op *op = &r->ops[i];
		const struct call *call = call_of(op->kind);

		fputc(op->kind, f);
		for (const uint8_t *w = call->words; *w != W_END; w++)
			print_word(r, f, op, *w);
		fputc('\n', f);
		for (; e < r->events.n && r->events.e[e].op == i + 1; e++)
			print_event(f, &r->events.e[e]);
	}
}

/* ---- comparing ---- */

static void compare_frames(const struct alloc_replay *r, const struct alloc_op *op, size_t line,
			   const char *path, struct verify_quantity *q)
{
	verify_count(q, op->nr == op->expected_nr, "%s operation %zu: %d pages, recorded %d", path,
		     line, op->nr, op->expected_nr);
	for (int i = 0; i < op->nr && i < op->expected_nr; i++) {
		uint32_t have = r->frames.pfn[op->answer + i];
		uint32_t want = r->expected_frames.pfn[op->expected + i];

		verify_count(q, have == want, "%s operation %zu page %d: %x, recorded %x", path,
			     line, i, have, want);
	}
}

/* An event as it is written, for comparing and telling. */
static void event_text(const struct alloc_event *e, char *text, size_t size)
{
	if (e)
		snprintf(text, size,
			 "%c %" PRIx64 " %" PRId64 " %" PRId64 " %" PRIx64 " %" PRId64 " %" PRId64
			 " at operation %" PRIu32,
			 e->kind, (uint64_t)e->v[0], e->v[1], e->v[2], (uint64_t)e->v[3], e->v[4],
			 e->v[5], e->op);
	else
		snprintf(text, size, "nothing");
}

static void compare_events(const struct alloc_replay *r, const char *path,
			   struct verify_quantity *q)
{
	const struct alloc_events *have = &r->events, *want = &r->expected_events;

	for (size_t i = 0; i < have->n || i < want->n; i++) {
		const struct alloc_event *h = i < have->n ? &have->e[i] : NULL;
		const struct alloc_event *w = i < want->n ? &want->e[i] : NULL;
		bool equal = h && w && h->op == w->op && h->kind == w->kind &&
			     memcmp(h->v, w->v, sizeof(h->v)) == 0;
		char ht[120] = "", wt[120] = "";

		if (!equal) {
			event_text(h, ht, sizeof(ht));
			event_text(w, wt, sizeof(wt));
		}
		verify_count(q, equal, "%s: %s, recorded %s", path, ht, wt);
	}
}

void alloc_replay_compare(const struct alloc_replay *r, const char *path, struct verify_quantity *q)
{
	size_t line = 0; /* number of the call: those of somebody else do not count */

	for (size_t i = 0; i < r->nr_ops; i++) {
		const struct alloc_op *op = &r->ops[i];

		line += op->kind != 'a' && op->kind != 'f';
		if (op->impossible)
			verify_count(
			    &q[Q_ANSWERS], false,
			    "%s operation %zu: %c cannot be: what it frees is not in use, or "
			    "there is no such type",
			    path, line, op->kind);
		else if (op->recorded && op->kind == 'B')
			compare_frames(r, op, line, path, &q[Q_ANSWERS]);
		else if (op->recorded)
			verify_count(&q[Q_ANSWERS], op->answer == op->expected,
				     "%s operation %zu: %c gives %" PRIx64 ", recorded %" PRIx64,
				     path, line, op->kind, (uint64_t)op->answer,
				     (uint64_t)op->expected);
	}
	if (r->has_answers)
		compare_events(r, path, &q[Q_TRACE]);
}

void alloc_replay_free(struct alloc_replay *r)
{
	sim_free(r->ops);
	sim_free(r->frames.pfn);
	sim_free(r->expected_frames.pfn);
	sim_free(r->events.e);
	sim_free(r->expected_events.e);
}
