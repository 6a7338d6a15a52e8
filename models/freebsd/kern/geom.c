/*
 * geom.c - a queue for each disk
 */
#include "models/freebsd/kern/geom.h"

static void start_some(struct geom *g);

/* What stands before the memory of a request, which may be in flight when the run ends. */
struct bio_memory {
	struct list of_vm;
	unsigned char bytes[] __attribute__((aligned(16)));
};

void *g_new_bio(struct freebsd_vm *vm, size_t size)
{
	struct bio_memory *memory = sim_calloc(1, sizeof(*memory) + size);

	list_add_tail(&memory->of_vm, &vm->bios);
	return memory->bytes;
}

static void free_memory(struct bio_memory *memory)
{
	list_del(&memory->of_vm);
	sim_free(memory);
}

void g_destroy_bio(struct bio *bp)
{
	free_memory(CONTAINER_OF(bp, struct bio_memory, bytes));
}

static void complete(struct disk *disk, struct disk_request *device)
{
	struct bio *bp = CONTAINER_OF(device, struct bio, device);
	struct geom *g = bp->geom;
	struct sim *s = g->vm->sim;
	const struct cost_table *cost = &g->vm->machine->cost;
	struct cpu *cpu = &s->cpus[0];
	struct task *interrupted = s->current;
	int64_t took = (int64_t)(s->now - bp->queued_at);
	int64_t per_page = bp->write ? cost->end_io_page : cost->end_read_page;

	s->current = cpu->irq;
	cpu_steal(cpu, (sim_time)(cost->interrupt + cost->bio_complete +
				  per_page * (int64_t)(bp->sectors / SECTORS_PER_PAGE)));
	bp->error = device->error;
	*(bp->write ? &disk->stat.write_ns : &disk->stat.read_ns) += took;
	disk->stat.time_in_queue_ns += took;
	bp->done(g->vm, bp);
	start_some(g);
	s->current = interrupted;
}

static void start_some(struct geom *g)
{
	struct disk *disk = g->disk;

	while (!list_empty(&g->queue) && disk->stat.in_flight < disk->conf.queue_depth) {
		struct bio *bp = LIST_FIRST(&g->queue, struct bio, link);

		list_del(&bp->link);
		disk->stat.queued--;
		bp->device = (struct disk_request){ .op = bp->write ? DISK_WRITE : DISK_READ,
						    .sector = bp->sector,
						    .sectors = bp->sectors,
						    .done = complete };
		disk_issue(disk, &bp->device);
	}
}

void g_io_request(struct freebsd_vm *vm, int disk, struct bio *bp)
{
	struct geom *g = &vm->geoms[disk];

	bp->geom = g;
	bp->error = 0;
	bp->queued_at = sim_now(vm->sim);
	list_add_tail(&bp->link, &g->queue);
	g->disk->stat.queued++;
	start_some(g);
}

void geom_init(struct freebsd_vm *vm)
{
	list_init(&vm->bios);
	vm->geoms = sim_calloc((size_t)vm->machine->nr_disks + 1, sizeof(*vm->geoms));
	for (int i = 0; i < vm->machine->nr_disks; i++) {
		vm->geoms[i].vm = vm;
		vm->geoms[i].disk = &vm->machine->disks[i];
		list_init(&vm->geoms[i].queue);
	}
}

void geom_done(struct freebsd_vm *vm)
{
	while (!list_empty(&vm->bios)) {
		struct bio_memory *memory = LIST_FIRST(&vm->bios, struct bio_memory, of_vm);
		struct bio *bp = (struct bio *)(void *)memory->bytes;

		event_cancel(vm->sim, &bp->device.event);
		free_memory(memory);
	}
	sim_free(vm->geoms);
	vm->geoms = NULL;
}
