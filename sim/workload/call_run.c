/*
 * call_run.c - makes the calls of a step, one after the other
 *
 *   for each object that the first name stands for
 *       until count, bytes or for: is reached
 *           next position, wait for rate and iops, call, look at the result, think
 *
 * The inner loop is what a run spends its time in beside the model: nothing is
 * looked up or allocated in it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/workload/run.h"

#define MAX_STILL  1000000 /* calls or rounds at one instant */
#define STILL_LOOK 64      /* after so many: whether the run shall end */

/* ---- names ---- */

void ref_list_add(struct ref_list *list, const struct result *result)
{
	void *v = list->v;

	if (list->first && list->first + list->n == list->cap) {
		memmove(list->v, list->v + list->first, list->n * sizeof(*list->v));
		list->first = 0;
	}
	sim_grow(&v, &list->cap, list->first + list->n + 1, sizeof(*list->v));
	list->v = v;
	list->v[list->first + list->n++] = *result;
	list->was_used = true;
}

bool newest_result(void *arg, int slot, struct result *out)
{
	const struct runner *r = arg;
	const struct ref_list *list = &r->slots[slot];

	if (!list->n)
		return false;
	*out = list->v[list->first + list->n - 1];
	return true;
}

/* What a name stands for, over all tasks that give it. */
struct results {
	struct runner *r;
	const struct ref_use *use;
};

/* List number i of those behind a name, NULL: there are no more. */
static struct ref_list *list_at(const struct results *from, int i)
{
	const struct ref_use *use = from->use;

	if (use->from == REF_LOCAL)
		return i ? NULL : &from->r->slots[use->slot];
	for (int g = 0; g < use->nr_givers; g++) {
		const struct giver *giver = &use->givers[g];
		int clones = giver->program->is_irq ? 1 : (int)giver->program->count;

		if (i < clones)
			return &giver->program->runners[i].slots[giver->slot];
		i -= clones;
	}
	return NULL;
}

static size_t count_results(const struct results *from)
{
	struct ref_list *list;
	size_t n = 0;

	for (int i = 0; (list = list_at(from, i)) != NULL; i++)
		n += list->n;
	return n;
}

static bool was_used(const struct results *from)
{
	struct ref_list *list;

	for (int i = 0; (list = list_at(from, i)) != NULL; i++)
		if (list->was_used)
			return true;
	return false;
}

/* Result number n, oldest first; released: it is gone afterwards.  false: there are not so many. */
static bool get_result(const struct results *from, size_t n, bool released, struct result *entry)
{
	struct ref_list *list;

	for (int i = 0; (list = list_at(from, i)) != NULL; i++) {
		if (n >= list->n) {
			n -= list->n;
			continue;
		}
		*entry = list->v[list->first + n];
		if (released) {
			SIM_ASSERT(n == 0);
			list->n--;
			list->first = list->n ? list->first + 1 : 0;
		}
		return true;
	}
	return false;
}

static struct arg_ref *ref_of(struct call_state *state, const struct ref_use *use)
{
	return (struct arg_ref *)(void *)(state->args + use->offset);
}

static void set_ref(struct call_state *state, const struct ref_use *use, struct result entry)
{
	struct arg_ref *ref = ref_of(state, use);

	ref->ptr = entry.ptr;
	ref->value = entry.value;
}

/* Whether there is what a name stands for; of some kinds there is nothing if its call has failed.
 */
static bool was_given(struct runner *r, const struct step *step, const struct ref_use *use,
		      const struct result *entry)
{
	const char *kind = r->w->tables.personality->needed_kind;

	if (entry->ptr || !kind || !use->kind || strcmp(use->kind, kind) != 0)
		return true;
	report_failure(r, step,
		       "%s: \"%s\" stands for nothing: the call that was to give it failed",
		       step->name, use->name);
	return false;
}

/* The object of a declared name, looked up at its first use.  False: there is none (any more). */
static bool set_object(struct runner *r, struct call_state *state, const struct ref_use *use)
{
	const struct personality *p = r->w->tables.personality;
	void **object = &r->objects[use->slot];

	if (!*object)
		*object = p->lookup ? p->lookup(r->task, use->kind, use->name) : NULL;
	set_ref(state, use, (struct result){ .ptr = *object });
	return *object != NULL;
}

/* A call that wants the name, not what it stands for; a releasing one gets what the task had. */
static void set_name(struct runner *r, const struct call *call, struct call_state *state,
		     const struct ref_use *use)
{
	void **object = &r->objects[use->slot];
	bool releases = call->op->flags & OP_RELEASES;

	set_ref(state, use, (struct result){ .ptr = releases ? *object : NULL });
	ref_of(state, use)->declared = true;
	if (releases)
		*object = NULL;
}

/* ---- results ---- */

void note_kernel_bug(struct sim *s, const char *what)
{
	struct task *t = s->current;
	struct runner *r = t ? t->program : NULL;
	struct workload *w = s->workload;

	w->nr_bugs++;
	if (w->tables.personality->trace_bug)
		w->tables.personality->trace_bug(s, w->nr_bugs);
	if (r && !r->bugs++)
		r->bug = sim_strdup(what);
	else if (!r)
		report_kernel_failure(s, what);
}

void settle_bugs(struct runner *r, const struct step *step, bool expected)
{
	if (r->bugs && !expected)
		report_failure(r, step, "%s: simulated BUG: %s", step->name, r->bug);
	else if (!r->bugs && expected)
		report_failure(r, step, "%s: no simulated BUG, one was expected", step->name);
	sim_free(r->bug);
	r->bug = NULL;
	r->bugs = 0;
}

static void print_expected(struct str *out, const struct expected *expected)
{
	switch (expected->what) {
	case EXPECT_ANY:
		str_add(out, "anything");
		break;
	case EXPECT_NULL:
		str_add(out, "NULL");
		break;
	case EXPECT_OBJECT:
		str_add(out, "an object");
		break;
	case EXPECT_NUMBER:
		print_number_or_error(out, expected->number);
		break;
	}
}

bool check_expected(struct runner *r, const struct step *step, const struct expected *expected,
		    int64_t value, bool is_ptr)
{
	struct str text = { 0 };
	bool good = true;

	switch (expected->what) {
	case EXPECT_ANY:
		return true;
	case EXPECT_NULL:
		good = is_ptr && !value;
		break;
	case EXPECT_OBJECT:
		good = is_ptr && value;
		break;
	case EXPECT_NUMBER:
		good = !is_ptr && value == expected->number;
		break;
	}
	if (good)
		return true;
	str_addf(&text, "%s returned ", step->name);
	if (is_ptr)
		str_add(&text, value ? "an object" : "NULL");
	else
		print_number_or_error(&text, value);
	str_add(&text, ", expected ");
	print_expected(&text, expected);
	report_failure(r, step, "%s", str_get(&text));
	str_free(&text);
	return false;
}

/* A result that was named or expected. */
static void settle_result(struct runner *r, const struct step *step, const struct result *result)
{
	const struct call *call = step->call;
	int64_t value = result->is_ptr ? result->ptr != NULL : result->value;
	bool good = true;

	if (call->as >= 0)
		ref_list_add(&r->slots[call->as], result);
	if (call->expected.what != EXPECT_ANY)
		good = check_expected(r, step, &call->expected, value, result->is_ptr);
	if (r->w->hooks.result && (call->as >= 0 || call->expected.what != EXPECT_ANY))
		r->w->hooks.result(r->w->sim, r->task, step->name, value, result->is_ptr, good);
}

/* ---- one call ---- */

/* The call is not made: what it is about could not be opened, as there is no such name any more. */
static void name_is_gone(struct runner *r, const struct step *step)
{
	const struct call *call = step->call;
	const struct result result = { .value = -ENOENT };

	r->progress.ops++;
	if (call->is_checked)
		settle_result(r, step, &result);
	if (call->expected.what == EXPECT_ANY && !call->bug)
		note_call_error(r, step, -ENOENT, false);
	if (call->bug)
		settle_bugs(r, step, true);
}

static int64_t call_once(struct runner *r, const struct step *step, struct call_state *state)
{
	const struct call *call = step->call;
	struct task *t = r->task;
	struct result result = { 0 };
	bool irq = r->program->is_irq;
	sim_time began = task_now(t), used = irq ? t->cpu->irq_ns : t->cpu_ns;
	int64_t value;

	r->call_began = began;
	value = call->op->run(t, (const struct args *)(const void *)state->args, &result);
	sim_time worked = (irq ? t->cpu->irq_ns : t->cpu_ns) - used;
	sim_time took = irq ? worked : task_now(t) - began;

	result.value = value;
	r->progress.ops++;
	if (call->is_stream && value > 0)
		r->progress.bytes += value;
	if (r->w->hooks.latency)
		r->w->hooks.latency(r->w->sim, t, step->name, took);
	if (__builtin_expect(call->is_checked, 0) && !t->killed) /* else it never returns */
		settle_result(r, step, &result);
	if (__builtin_expect(value < 0 || (result.is_ptr && !result.ptr), 0) && !t->killed &&
	    call->expected.what == EXPECT_ANY && !call->bug)
		note_call_error(r, step, result.is_ptr ? result.ptr != NULL : value, result.is_ptr);
	if (__builtin_expect(r->bugs || call->bug, 0))
		settle_bugs(r, step, call->bug);
	cond_resched(t); /* back in user space */
	return value;
}

/* ---- many calls ---- */

/* Lets the end of the run come between two calls: no event does while time stands still. */
static bool look_for_end(struct runner *r)
{
	struct sim *s = r->w->sim;

	if (s->poll)
		s->poll(s);
	if (!s->stop)
		return true;
	if (!r->program->is_irq)
		task_pause(r->task); /* for good */
	return false;
}

bool run_goes_on(struct runner *r)
{
	sim_time now = task_now(r->task);

	if (r->still_at != now) {
		r->still_at = now;
		r->still = 0;
		return true;
	}
	if (++r->still % STILL_LOOK == 0 && !look_for_end(r))
		return false;
	if (r->still < MAX_STILL)
		return true;
	report_failure(r, r->step, "%s: %d rounds without any time passing", r->step->name,
		       MAX_STILL);
	return false;
}

/* The pattern of a stream, made when the step is reached first; NULL: it cannot be. */
static struct pattern *stream_pattern(struct runner *r, const struct step *step,
				      struct call_state *state)
{
	const struct call *call = step->call;
	const struct personality *p = r->w->tables.personality;
	const struct ref_use *use = call->nr_refs ? &call->refs[0] : NULL;
	uint64_t span = (uint64_t)call->span, block = (uint64_t)call->block;
	const struct zipf *zipf = NULL;

	if (state->has_pattern)
		return &state->pattern;
	if (!span && pattern_needs_span(&call->pattern) && use && p->object_size) {
		void *object = ref_of(state, use)->ptr;
		int64_t size;

		if (!object) {
			report_failure(
			    r, step,
			    "%s: there is no %s \"%s\": the call that was to give it failed",
			    step->name, use->kind, use->name);
			return NULL;
		}
		size = p->object_size(r->task, use->kind, object);
		span = size > call->start ? (uint64_t)(size - call->start) : 0;
	}
	if (pattern_needs_span(&call->pattern) && span < block) {
		report_failure(r, step,
			       "%s: the pattern needs a span of at least one block, the "
			       "%s has %" PRIu64 " bytes",
			       step->name, use ? use->kind : "range", span);
		return NULL;
	}
	if (call->pattern.kind == PATTERN_ZIPF)
		zipf = zipf_get(r->w, span / block, call->pattern.exponent);
	pattern_init(&state->pattern, &call->pattern, block, span, zipf);
	state->has_pattern = true;
	return &state->pattern;
}

/* Whether a call that returned 0 came to the end of the data. */
static bool at_end(struct runner *r, const struct call *call, struct call_state *state,
		   int64_t offset)
{
	const struct personality *p = r->w->tables.personality;
	const struct ref_use *use = call->nr_refs ? &call->refs[0] : NULL;

	if (!p->object_size || !use || !ref_of(state, use)->ptr)
		return true;
	return offset >= p->object_size(r->task, use->kind, ref_of(state, use)->ptr);
}

/* Waits until so much may have been done since began. */
static void pace(struct runner *r, sim_time began, uint64_t done, int64_t per_second)
{
	unsigned __int128 ns = (unsigned __int128)done * NS_PER_SEC / (uint64_t)per_second;

	if (ns < (uint64_t)INT64_MAX)
		program_sleep_until(r->task, began + (sim_time)ns);
}

static void set_number(struct call_state *state, size_t at, int64_t v)
{
	memcpy(state->args + at, &v, sizeof(v));
}

/* All calls of a step for one object.  false: the program cannot go on. */
static bool run_repeated(struct runner *r, const struct step *step, struct call_state *state)
{
	const struct call *call = step->call;
	struct pattern *pattern = call->is_stream ? stream_pattern(r, step, state) : NULL;
	sim_time began = task_now(r->task);
	int64_t n = 0, left = call->bytes;

	if (call->is_stream && !pattern)
		return true;
	for (;;) {
		uint64_t len = 0;
		int64_t offset = 0, value;

		if (pattern) {
			offset = call->start + (int64_t)pattern_next(pattern, &r->rng, &len);
			if (left && len > (uint64_t)left)
				len = (uint64_t)left;
			set_number(state, call->offset_at, offset);
			set_number(state, call->len_at, (int64_t)len);
			if (call->rate)
				pace(r, began, (uint64_t)(n * call->block), call->rate);
		}
		if (call->iops)
			pace(r, began, (uint64_t)n, call->iops);
		if (r->task->killed)
			return false;
		value = call_once(r, step, state);
		if (call->op->flags & OP_RELEASES) /* what the task had is gone with the first */
			set_ref(state, &call->refs[0], (struct result){ 0 });
		n++;
		left -= (int64_t)len;
		if (pattern && value == 0 && at_end(r, call, state, offset) &&
		    !pattern_wrap(pattern)) {
			if (n == 1 && len && !call->is_checked)
				note_nothing_read(r, step);
			return true; /* nothing to read at all */
		}
		if ((call->count && n >= call->count) || (call->bytes && left <= 0))
			return true;
		if (call->time_limit && task_now(r->task) - began >= call->time_limit)
			return true;
		if (call->think)
			program_sleep_until(r->task, task_now(r->task) + call->think);
		if (!run_goes_on(r))
			return false;
	}
}

/* The objects of a step have one user more, as descriptors have while a system call works on them:
 * another task may close its file meanwhile. */
static bool run_on_objects(struct runner *r, const struct step *step, struct call_state *state)
{
	const struct call *call = step->call;
	const struct personality *p = r->w->tables.personality;
	bool goes_on;

	if (!p->get)
		return run_repeated(r, step, state);
	for (int i = 0; i < call->nr_refs; i++)
		if (ref_of(state, &call->refs[i])->ptr)
			p->get(call->refs[i].kind, ref_of(state, &call->refs[i])->ptr);
	goes_on = run_repeated(r, step, state);
	for (int i = 0; i < call->nr_refs; i++)
		if (ref_of(state, &call->refs[i])->ptr)
			p->put(r->task, call->refs[i].kind, ref_of(state, &call->refs[i])->ptr);
	return goes_on;
}

/* Sets the names of a call beside the first: the result of the same number, or the last one. */
static bool set_other_refs(struct runner *r, const struct step *step, struct call_state *state,
			   size_t number)
{
	const struct call *call = step->call;

	for (int i = 1; i < call->nr_refs; i++) {
		const struct ref_use *use = &call->refs[i];
		struct results from = { r, use };
		struct result entry = { 0 };
		size_t n;

		if (use->from == REF_OBJECT) {
			if (!set_object(r, state, use)) {
				name_is_gone(r, step);
				return false;
			}
			continue;
		}
		n = count_results(&from);
		if (!n || !get_result(&from, number < n ? number : n - 1, false, &entry)) {
			report_failure(r, step, "\"%s\" stands for nothing", use->name);
			return false;
		}
		if (!was_given(r, step, use, &entry))
			return false;
		set_ref(state, use, entry);
	}
	return true;
}

/* A name without results: not given yet, or (then the kernel is misused) given back already. */
static void nothing_there(struct runner *r, const struct step *step, const struct results *from)
{
	if (!was_used(from)) {
		report_failure(r, step, "%s: nothing was given as \"%s\" yet", step->name,
			       from->use->name);
		return;
	}
	note_kernel_bug(r->w->sim, "use of an object after it was given back");
	settle_bugs(r, step, step->call->bug);
}

/* A call that gives its objects back: each of them once, at most count. */
static bool run_releasing(struct runner *r, const struct step *step, struct call_state *state)
{
	const struct call *call = step->call;
	struct results from = { r, &call->refs[0] };
	size_t n = count_results(&from);
	struct result entry;

	/* what others give (an interrupt) may just not have come; one's own must be there */
	if (!n && call->refs[0].from != REF_GLOBAL)
		nothing_there(r, step, &from);
	if (call->count && n > (uint64_t)call->count)
		n = (size_t)call->count;
	for (size_t i = 0; i < n; i++) {
		if (!set_other_refs(r, step, state, i) || !get_result(&from, 0, true, &entry))
			break;
		if (!was_given(r, step, from.use, &entry))
			continue;
		set_ref(state, &call->refs[0], entry);
		call_once(r, step, state);
		if (r->task->killed)
			return false;
		if (call->think && i + 1 < n)
			program_sleep_until(r->task, task_now(r->task) + call->think);
	}
	return true;
}

bool run_call(struct runner *r, const struct step *step)
{
	const struct call *call = step->call;
	struct call_state *state = &r->calls[call->id];
	struct results from = { r, call->refs };
	struct result entry;
	bool releases = call->op->flags & OP_RELEASES;

	if (!call->nr_refs)
		return run_repeated(r, step, state);
	if (call->refs[0].from == REF_OBJECT) {
		if (call->op->flags & OP_NAMES) {
			set_name(r, call, state, &call->refs[0]);
			return set_other_refs(r, step, state, 0) ? run_repeated(r, step, state)
								 : true;
		}
		if (!set_object(r, state, &call->refs[0])) {
			name_is_gone(r, step);
			return true;
		}
		if (!set_other_refs(r, step, state, 0))
			return true;
		if (!releases)
			return run_on_objects(r, step, state);
		r->objects[call->refs[0].slot] = NULL;
		call_once(r, step, state);
		return true;
	}
	if (releases)
		return run_releasing(r, step, state);

	size_t n = count_results(&from);

	if (!n)
		nothing_there(r, step, &from);
	for (size_t i = 0; i < n && get_result(&from, i, false, &entry); i++) {
		if (!was_given(r, step, from.use, &entry) || !set_other_refs(r, step, state, i))
			break;
		set_ref(state, &call->refs[0], entry);
		if (!run_on_objects(r, step, state))
			return false;
	}
	return true;
}
