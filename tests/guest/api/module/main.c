/*
 * main.c - makes calls of the kernel, one after another, and writes down what each returned
 *
 *	/proc/calls/script	written: CALL argument... a line; closing it makes the calls
 *	/proc/calls/calls	read: the same lines with their answers and events
 *	/proc/calls/before, after
 *
 * All in the context of the task that writes the script.
 */
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>
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

struct text {
	char *at;
	size_t used, room;
};

static const struct group *const groups[] = { &vm_group, &dma_group, &mempool_group, &cache_group,
					      &user_group };
static const struct group *chosen;
static struct text script, calls, before, after, events;
static struct text *out = &calls;
static DEFINE_SPINLOCK(event_lock);
static const char *failure;
static u64 time_0;
struct task_struct *caller;

/* --- writing --- */

static void add(struct text *t, const char *format, va_list args)
{
	int n = vsnprintf(t->at + t->used, t->room - t->used, format, args);

	t->used = min(t->used + n, t->room - 1);
	if (t->used == t->room - 1 && !failure)
		failure = "a table has no room";
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(out, format, args);
	va_end(args);
}

void say_event(const char *format, ...)
{
	unsigned long flags;
	va_list args;

	va_start(args, format);
	spin_lock_irqsave(&event_lock, flags);
	add(&events, format, args);
	spin_unlock_irqrestore(&event_lock, flags);
	va_end(args);
}

/* What happened since the last call's line goes into the table. */
static void write_events(void)
{
	unsigned long flags;

	spin_lock_irqsave(&event_lock, flags);
	if (calls.used + events.used < calls.room) {
		memcpy(calls.at + calls.used, events.at, events.used);
		calls.used += events.used;
	} else if (!failure) {
		failure = "a table has no room";
	}
	events.used = 0;
	spin_unlock_irqrestore(&event_lock, flags);
}

/* --- arguments --- */

void script_error(const char *what)
{
	if (!failure)
		failure = what;
}

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

/* --- what is not exported --- */

void *kernel_symbol(const char *name)
{
	static unsigned long (*lookup)(const char *name);
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	void *at;

	if (!lookup && !register_kprobe(&probe)) {
		lookup = (void *)probe.addr;
		unregister_kprobe(&probe);
	}
	at = lookup ? (void *)lookup(name) : NULL;
	if (!at) {
		pr_err("calls: no %s in this kernel\n", name);
		script_error("a name of the kernel is missing");
	}
	return at;
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

static void run_script(void)
{
	const char *const *column;

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

/* --- /proc/calls --- */

static ssize_t script_write(struct file *f, const char __user *from, size_t n, loff_t *pos)
{
	if (n >= script.room - script.used) {
		script_error("the script has no room");
		return -ENOSPC;
	}
	if (copy_from_user(script.at + script.used, from, n))
		return -EFAULT;
	script.used += n;
	return n;
}

static int script_release(struct inode *inode, struct file *f)
{
	if (script.used && !caller)
		run_script();
	return 0;
}

static const struct proc_ops script_ops = {
	.proc_write = script_write,
	.proc_release = script_release,
};

static ssize_t table_read(struct file *f, char __user *to, size_t n, loff_t *pos)
{
	const struct text *t = pde_data(file_inode(f));

	return simple_read_from_buffer(to, n, pos, t->at, t->used);
}

static const struct proc_ops table_ops = { .proc_read = table_read, .proc_lseek = default_llseek };

static int make_text(struct text *t, size_t room)
{
	t->at = vzalloc(room);
	t->room = room;
	return t->at ? 0 : -ENOMEM;
}

static struct proc_dir_entry *folder;

static int __init calls_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (!strcmp(groups[i]->name, group))
			chosen = groups[i];
	if (!chosen)
		return -EINVAL;
	if (make_text(&script, SCRIPT_ROOM) || make_text(&calls, TABLE_ROOM) ||
	    make_text(&before, STATE_ROOM) || make_text(&after, STATE_ROOM) ||
	    make_text(&events, EVENT_ROOM))
		return -ENOMEM;
	folder = proc_mkdir("calls", NULL);
	proc_create("script", 0200, folder, &script_ops);
	proc_create_data("calls", 0400, folder, &table_ops, &calls);
	proc_create_data("before", 0400, folder, &table_ops, &before);
	proc_create_data("after", 0400, folder, &table_ops, &after);
	return 0;
}
module_init(calls_init); /* it stays until the machine is switched off */
