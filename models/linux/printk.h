/*
 * printk.h - what the kernel says: its log
 *
 * Like:        Linux 6.1, include/linux/printk.h, kern_levels.h; lib/ratelimit.c
 * Simplified:  the log never overflows
 * Left out:    messages of devices, drivers and of the boot; "callbacks suppressed"
 *
 * A line goes to the log of the run (table kernel_log of the results) and to /proc/kmsg.
 */
#ifndef MMSIM_LINUX_PRINTK_H
#define MMSIM_LINUX_PRINTK_H

#include "models/linux/linux.h"

enum printk_level {
	LOGLEVEL_EMERG,
	LOGLEVEL_ALERT,
	LOGLEVEL_CRIT,
	LOGLEVEL_ERR,
	LOGLEVEL_WARNING,
	LOGLEVEL_NOTICE,
	LOGLEVEL_INFO,
};

/* Lines of the log; text ends with a newline and is not kept. */
void printk(struct linux_vm *vm, enum printk_level level, const char *text);
void printk_f(struct linux_vm *vm, enum printk_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define DEFAULT_RATELIMIT_INTERVAL (5 * HZ)
#define DEFAULT_RATELIMIT_BURST    10

/* At most burst messages in so many ticks. */
struct ratelimit_state {
	uint64_t interval; /* ticks */
	int burst;
	int printed;
	uint64_t begin; /* jiffies; 0: not used yet */
};
/* Whether one more may be printed now. */
bool __ratelimit(const struct linux_vm *vm, struct ratelimit_state *rs);

/*
 * Stops the machine for good: the run ends.  why without a newline.  The task never returns; it
 * must be the one that runs.
 */
_Noreturn void panic(struct task *t, const char *why);

/* Adds the log as /proc/kmsg has it: "<4>[    6.487212] text". */
void kmsg_show(struct sim *s, struct str *out);
#endif
