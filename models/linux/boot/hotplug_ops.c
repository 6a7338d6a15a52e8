/*
 * hotplug_ops.c - taking CPUs and memory away and bringing them back, as calls of scenarios
 */
#include "models/linux/arg.h"
#include "models/linux/boot/boot.h"
#include "models/linux/model_list.h"
#include "models/linux/task.h"

static int64_t op_cpu_offline(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return cpu_offline(task_vm(t), (int)a->cpu);
}

static int64_t op_cpu_online(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return cpu_online(task_vm(t), (int)a->cpu);
}

static int64_t op_memory_offline(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return memory_offline(task_vm(t), t, (uint64_t)a->memory_block);
}

static int64_t op_memory_online(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return memory_online(task_vm(t), (uint64_t)a->memory_block, MMOP_ONLINE);
}

static int64_t op_memory_online_movable(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return memory_online(task_vm(t), (uint64_t)a->memory_block, MMOP_ONLINE_MOVABLE);
}

static const struct op ops[] = {
	{ "cpu_offline", "cpu", NULL, op_cpu_offline, OP_NO_IRQ,
	  "take a CPU out of the limits that depend on the number of CPUs; its tasks stay" },
	{ "cpu_online", "cpu", NULL, op_cpu_online, OP_NO_IRQ, "bring it back" },
	{ "memory_offline", "memory_block", NULL, op_memory_offline, OP_NO_IRQ,
	  "take a memory block of 128 MiB away; pages of the cache are moved" },
	{ "memory_online", "memory_block", NULL, op_memory_online, OP_NO_IRQ | OP_BRINGS,
	  "bring it back" },
	{ "memory_online_movable", "memory_block", NULL, op_memory_online_movable,
	  OP_NO_IRQ | OP_BRINGS, "bring it back as part of ZONE_MOVABLE" },
};

const struct model hotplug_model = {
	.name = "hotplug",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
};
