/*
 * task_switch.c - changing from one stack to another
 *
 * swapcontext would make a system call each time (about 300 ns); so contexts
 * are entered through makecontext once and through _longjmp from then on
 * (about 12 ns).  The address sanitizer is told about every change of stack.
 */
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/engine/task_switch.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#ifndef HAVE_ASAN
#define HAVE_ASAN 0
#endif

#if HAVE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_BYTES (512 * 1024)
#else
#define STACK_BYTES (128 * 1024) /* of address space; only touched pages cost memory */
#endif

struct task_context {
	jmp_buf regs;
	char *stack; /* owned; begins with a page that must not be touched */
	void (*fn)(void *arg);
	void *arg;
	bool started;
	struct task_context *next_free;
	void *fake_stack; /* of the address sanitizer */
};

struct switcher {
	jmp_buf loop;
	struct task_context *entering;
	ucontext_t first; /* of a context that begins: not on a stack that is left by a jump */
	struct task_context *free; /* contexts whose task has ended, for the next one */
	void *fake_stack;
	const void *loop_stack;
	size_t loop_stack_size;
};

static size_t guard_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

struct switcher *switcher_new(void)
{
	return sim_calloc(1, sizeof(struct switcher));
}

void switcher_free(struct switcher *sw)
{
	while (sw->free) {
		struct task_context *c = sw->free;

		sw->free = c->next_free;
		munmap(c->stack, STACK_BYTES + guard_bytes());
		sim_free(c);
	}
	sim_free(sw);
}

struct task_context *task_context_new(struct switcher *sw, void (*fn)(void *arg), void *arg)
{
	struct task_context *c = sw->free;

	if (c) {
		sw->free = c->next_free;
	} else {
		c = sim_calloc(1, sizeof(*c));
		c->stack = mmap(NULL, STACK_BYTES + guard_bytes(), PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		SIM_ASSERT(c->stack != MAP_FAILED);
		SIM_ASSERT(mprotect(c->stack, guard_bytes(), PROT_NONE) == 0);
	}
	c->fn = fn;
	c->arg = arg;
	c->started = false;
	c->fake_stack = NULL;
	return c;
}

void task_context_free(struct switcher *sw, struct task_context *c)
{
	c->next_free = sw->free;
	sw->free = c;
#if HAVE_ASAN
	ASAN_UNPOISON_MEMORY_REGION(c->stack + guard_bytes(), STACK_BYTES);
#endif
}

static void first_entry(unsigned high, unsigned low)
{
	struct switcher *sw = (struct switcher *)(uintptr_t)((uint64_t)high << 32 | low);
	struct task_context *c = sw->entering;

#if HAVE_ASAN
	__sanitizer_finish_switch_fiber(NULL, &sw->loop_stack, &sw->loop_stack_size);
#endif
	c->fn(c->arg);
	SIM_ASSERT(false); /* a task's function returned to its context */
}

static void enter(struct switcher *sw, struct task_context *c)
{
	sw->entering = c;
#if HAVE_ASAN
	__sanitizer_start_switch_fiber(&sw->fake_stack, c->stack + guard_bytes(), STACK_BYTES);
#endif
	if (c->started)
		_longjmp(c->regs, 1);
	c->started = true;

	SIM_ASSERT(getcontext(&sw->first) == 0);
	sw->first.uc_stack.ss_sp = c->stack + guard_bytes();
	sw->first.uc_stack.ss_size = STACK_BYTES;
	sw->first.uc_link = NULL;
	makecontext(&sw->first, (void (*)(void))first_entry, 2,
		    (unsigned)((uint64_t)(uintptr_t)sw >> 32),
		    (unsigned)((uintptr_t)sw & 0xffffffffu));
	setcontext(&sw->first);
	SIM_ASSERT(false); /* setcontext failed */
}

/*
 * A task comes back to the one place that was noted before the first of them was entered: nothing
 * has to be noted for each, and no calls have to be returned from one by one.  A processor foresees
 * where a function returns to from the calls it has seen, so each return on another stack costs as
 * much as a branch that was guessed wrong.
 */
void switcher_run(struct switcher *sw, switcher_next_fn *next, void *arg)
{
	if (_setjmp(sw->loop) != 0) {
#if HAVE_ASAN
		__sanitizer_finish_switch_fiber(sw->fake_stack, NULL, NULL);
#endif
	}

	struct task_context *c = next(arg);

	if (c)
		enter(sw, c);
}

void task_context_leave(struct switcher *sw, struct task_context *c)
{
	if (_setjmp(c->regs) != 0) {
#if HAVE_ASAN
		__sanitizer_finish_switch_fiber(c->fake_stack, &sw->loop_stack,
						&sw->loop_stack_size);
#endif
		return;
	}
#if HAVE_ASAN
	__sanitizer_start_switch_fiber(&c->fake_stack, sw->loop_stack, sw->loop_stack_size);
#endif
	_longjmp(sw->loop, 1);
}

void task_context_exit(struct switcher *sw, struct task_context *c)
{
	(void)c;
#if HAVE_ASAN
	__sanitizer_start_switch_fiber(NULL, sw->loop_stack, sw->loop_stack_size);
#endif
	_longjmp(sw->loop, 1);
}
