/*
 * main.c - makes calls of the kernel, one after another, and writes down what each returned
 *
 *	/proc/calls/script	written: CALL argument... a line; closing it makes the calls
 *	/proc/calls/calls	read: the same lines with their answers and events
 *	/proc/calls/before, after
 *
 * All in the context of the task that writes the script.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "calls.h"

#define SCRIPT_ROOM (8UL << 20)
#define TABLE_ROOM  (24UL << 20)
#define STATE_ROOM  (1UL << 20)
#define EVENT_ROOM  (256UL << 10)

static char *group = "vm";
module_param(group, charp, 0);
MODULE_PARM_DESC(group, "which calls the script may make: vm, dma, mempool, cache, user");
MODULE_LICENSE("GPL");

static const struct group *const groups[] = { &vm_group, &dma_group, &mempool_group, &cache_group,
					      &user_group };
static const struct group *chosen;
static struct text calls, before, after, events;
static struct text *out = &calls;
static DEFINE_SPINLOCK(event_lock);
static u64 time_0;
struct task_struct *caller;

/* --- writing --- */

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_add(out, format, args);
	va_end(args);
}

void say_event(const char *format, ...)
{
	unsigned long flags;
	va_list args;

	va_start(args, format);
	spin_lock_irqsave(&event_lock, flags);
	text_add(&events, format, args);
	spin_unlock_irqrestore(&event_lock, flags);
	va_end(args);
}

/* What happened since the last call's line goes into the table. */
static void write_events(void)
{
	unsigned long flags;

	spin_lock_irqsave(&event_lock, flags);
	text_append(&calls, &events);
	events.used = 0;
	spin_unlock_irqrestore(&event_lock, flags);
}

/* --- arguments --- */

u64 number(const struct line *l, int i)
{
	u64 v = 0;
	s64 negative;

	if (i >= l->nr_words ||
	    (kstrtou64(l->word[i], 0, &v) && kstrtos64(l->word[i], 0, &negative)))
		script_error("an argument is no number");
	else if (l->word[i][0] == '-')
		v = negative;
	return v;
}

u64 number_below(const struct line *l, int i, u64 limit)
{
	u64 v = number(l, i);

	if (v < limit)
		return v;
	script_error("a number is too large");
	return 0;
}

gfp_t mask(const struct line *l, int i)
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
	int k;

	for (k = 0; i < l->nr_words && k < ARRAY_SIZE(masks); k++)
		if (!strcmp(l->word[i], masks[k].name))
			return masks[k].gfp;
	script_error("no such mask");
	return 0;
}

/* --- time --- */

static void time_begins(void)
{
	const ktime_t *tick = kernel_symbol("last_jiffies_update");
	unsigned long now = jiffies;

	while (jiffies == now)
		schedule_timeout_uninterruptible(1);
	time_0 = tick ? ktime_to_ns(*tick) : 0;
	say("# time 0 is tick %lu\n", jiffies);
}

u64 time_us(void)
{
	return div_u64(ktime_get_ns() - time_0, 1000);
}

/* --- the script --- */

static void split(struct line *l, char *text)
{
	char *word;

	l->nr_words = 0;
	while (l->nr_words < MAX_WORDS && (word = strsep(&text, " ")))
		l->word[l->nr_words++] = word;
}

static const struct call *find_call(const struct call *c, const struct line *l)
{
	for (; c->name; c++)
		if (!strcmp(c->name, l->word[0]) && c->nr_args == l->nr_words - 1)
			return c;
	return NULL;
}

static void run_line(char *text)
{
	const struct call *c;
	struct line l;

	say("%s =", text);
	split(&l, text);
	c = find_call(chosen->calls, &l);
	if (!c && chosen->more_calls)
		c = find_call(chosen->more_calls, &l);
	if (!c) {
		pr_err("calls: %s\n", l.word[0]);
		script_error("no such call, or not with as many arguments");
		return;
	}
	if (chosen->before)
		chosen->before(&l);
	c->run(&l);
	if (chosen->after)
		chosen->after(&l);
	say("\n");
	write_events();
}

static void show_state(struct text *t)
{
	out = t;
	if (chosen->state)
		chosen->state();
	out = &calls;
}

static void make_calls(void)
{
	char *rest = script.at, *text;

	show_state(&before);
	while (!failure && (text = strsep(&rest, "\n")))
		if (*text && *text != '#')
			run_line(text);
	if (chosen->settle)
		chosen->settle();
	write_events();
	show_state(&after);
	if (chosen->stop)
		chosen->stop();
}

/* Once: a module makes the calls of one script. */
static void run_script(void)
{
	const char *const *column;

	if (caller)
		return;
	caller = current;
	sched_set_fifo(current); /* what a call asks of others is done behind it */
	for (column = chosen->columns; *column; column++)
		say("# %s\n", *column);
	if (chosen->start && chosen->start())
		script_error("the group cannot start");
	if (strstr(script.at,
		   "sleep_ms ")) /* else calls alone make the time, and it means nothing */
		time_begins();
	if (!failure) /* else a group may lack what its state is read from */
		make_calls();
	if (failure)
		pr_err("calls: %s\n", failure);
	say("# %s\n", failure ? failure : "end");
}

static int __init calls_init(void)
{
	struct proc_dir_entry *folder;
	int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (!strcmp(groups[i]->name, group))
			chosen = groups[i];
	if (!chosen)
		return -EINVAL;
	if (text_make(&script, SCRIPT_ROOM) || text_make(&calls, TABLE_ROOM) ||
	    text_make(&before, STATE_ROOM) || text_make(&after, STATE_ROOM) ||
	    text_make(&events, EVENT_ROOM))
		return -ENOMEM;
	folder = proc_mkdir("calls", NULL);
	script_file(folder, run_script);
	table_file(folder, "calls", &calls);
	table_file(folder, "before", &before);
	table_file(folder, "after", &after);
	return 0;
}
module_init(calls_init); /* it stays until the machine is switched off */
