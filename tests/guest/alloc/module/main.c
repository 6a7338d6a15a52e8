/*
 * main.c - makes calls of the page allocator, one after another, while nothing else runs
 *
 *	/proc/pages/script	written: "phase interrupts on|off" and "phase keep" or "phase free",
 *				then the calls, one a line; closing it makes them
 *	/proc/pages/answers	read: the calls with their answers and events
 *	/proc/pages/states	read: the allocator before, at each mark, and after
 *
 * Each CPU has a task of its own that makes its calls.  With interrupts off they all stop
 * together, and hand the turn on; so the allocator belongs to the script alone.  What it still
 * holds at the end is given back at once, or kept for the next phase.
 */
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "pages.h"

#define PENDING_ROOM (2UL << 20)
#define MAX_ROOM     (64UL << 20)

MODULE_LICENSE("GPL");

struct text answers, states;
static struct op *ops;
static int nr_ops, room_for_ops, turn, here, stopped;
static bool interrupts, keep;

/* --- writing --- */

void say(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_add(t, format, args);
	va_end(args);
}

/* --- the tasks --- */

static void arrive(int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_ACQ_REL);
	while (READ_ONCE(*counter) < num_online_cpus())
		cpu_relax();
}

static void all_ops(unsigned int cpu)
{
	int i;

	while ((i = smp_load_acquire(&turn)) < nr_ops) {
		if (i < 0 || ops[i].cpu != cpu) {
			cpu_relax();
			continue;
		}
		if (!failure)
			op_run(&ops[i]);
		smp_store_release(&turn, i + 1);
	}
}

static void all_and_states(unsigned int cpu)
{
	state_show("before");
	events_begin(interrupts);
	smp_store_release(&turn, 0);
	all_ops(cpu);
	events_end();
	state_show("after");
	if (!keep)
		calls_give_back();
}

/* With interrupts on there is one CPU that makes calls, and it may sleep. */
static int with_interrupts(void *done)
{
	all_and_states(0);
	complete(done);
	return 0;
}

static int without_interrupts(void *done)
{
	unsigned int cpu = raw_smp_processor_id();
	unsigned long flags;

	preempt_disable();
	arrive(&here); /* nobody may wait for a CPU that does not listen any more */
	local_irq_save(flags);
	arrive(&stopped);
	if (cpu == 0) {
		all_and_states(cpu);
		smp_store_release(&turn, nr_ops + 1);
	} else {
		while (smp_load_acquire(&turn) <= nr_ops) { /* cpu 0 is the last to go on */
			all_ops(cpu);
			cpu_relax();
		}
	}
	local_irq_restore(flags);
	preempt_enable();
	complete(done);
	return 0;
}

static void run_ops(void)
{
	DECLARE_COMPLETION_ONSTACK(done);
	int cpu, started = 0;

	turn = -1; /* nobody's, until it was seen what there is */
	here = stopped = 0;
	for_each_online_cpu(cpu)
	{
		struct task_struct *task = kthread_create(
		    interrupts ? with_interrupts : without_interrupts, &done, "pages/%d", cpu);

		if (IS_ERR(task)) { /* those that run would wait for ever */
			panic("pages: no task");
		}
		kthread_bind(task, cpu);
		wake_up_process(task);
		started++;
		if (interrupts)
			break;
	}
	while (started--)
		wait_for_completion(&done);
}

/* --- the script --- */

static void read_line(const char *line)
{
	if (!strcmp(line, "phase interrupts on"))
		interrupts = true;
	else if (!strcmp(line, "phase interrupts off"))
		interrupts = false;
	else if (!strcmp(line, "phase keep"))
		keep = true;
	else if (!strcmp(line, "phase free"))
		keep = false;
	else if (nr_ops == room_for_ops)
		script_error("the script has too many calls");
	else if (!op_read(&ops[nr_ops], line) || (interrupts && ops[nr_ops].cpu) ||
		 (!interrupts && ops[nr_ops].kind == 'C')) {
		pr_err("pages: %s\n", line);
		script_error("no such call, or not with these arguments");
	} else {
		nr_ops++;
	}
}

static void run_script(void)
{
	char *rest = script.at, *line;

	failure = NULL;
	nr_ops = 0;
	answers.used = states.used = 0;
	script.at[script.used] = 0;
	while (!failure && (line = strsep(&rest, "\n")))
		if (*line && *line != '#')
			read_line(line);
	if (!failure)
		run_ops();
	if (failure)
		pr_err("pages: %s\n", failure);
	say(&answers, "# %s\n", failure ? failure : "end");
	script.used = 0;
}

static int __init pages_init(void)
{
	size_t room = min(MAX_ROOM, totalram_pages() * PAGE_SIZE / 10);
	struct proc_dir_entry *folder;

	room_for_ops = room / 4 / sizeof(*ops);
	ops = vzalloc(room_for_ops * sizeof(*ops));
	if (!ops || text_make(&script, room / 4) || text_make(&answers, room) ||
	    text_make(&states, room / 2) || text_make(&pending, PENDING_ROOM))
		return -ENOMEM;
	if (calls_start() || state_start() || events_start())
		return -ENOENT;
	folder = proc_mkdir("pages", NULL);
	script_file(folder, run_script);
	table_file(folder, "answers", &answers);
	table_file(folder, "states", &states);
	return 0;
}
module_init(pages_init); /* it stays until the machine is switched off */
