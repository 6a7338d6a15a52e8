/*
 * printk.c - the kernel's log, and its end
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "models/linux/printk.h"
#include "models/linux/task.h"

void printk(struct linux_vm *vm, enum printk_level level, const char *text)
{
	struct sim *s = vm->sim;
	sim_time now = sim_now(s);

	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = sim_strndup(text, len);

		str_addf(&vm->kmsg, "<%d>[%5" PRIu64 ".%06" PRIu64 "] %s\n", (int)level,
			 now / NS_PER_SEC, now % NS_PER_SEC / NS_PER_US, line);
		kernel_log(s, level, line);
		sim_free(line);
		text += len;
		if (*text)
			text++;
	}
}

void printk_f(struct linux_vm *vm, enum printk_level level, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	printk(vm, level, str_get(&text));
	str_free(&text);
}

bool __ratelimit(const struct linux_vm *vm, struct ratelimit_state *rs)
{
	uint64_t now = jiffies(vm->sim);

	if (!rs->begin)
		rs->begin = now;
	if ((int64_t)(rs->begin + rs->interval - now) < 0) {
		rs->begin = now;
		rs->printed = 0;
	}
	if (rs->printed >= rs->burst)
		return false;
	rs->printed++;
	return true;
}

_Noreturn void panic(struct task *t, const char *why)
{
	struct sim *s = t->sim;
	char *text = str_format("Kernel panic - not syncing: %s", why);

	printk_f(task_vm(t), LOGLEVEL_EMERG, "%s\n", text);
	kernel_bug(s, text);
	sim_free(text);
	s->stop = true;
	s->stop_reason = "kernel panic";
	t->waits_for = "nothing any more: kernel panic";
	for (;;) {
		task_will_block(t);
		task_block(t);
	}
}

void kmsg_show(struct sim *s, struct str *out)
{
	str_add(out, str_get(&linux_vm(s)->kmsg));
}
