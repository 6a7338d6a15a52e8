/*
 * compaction_example.h - a zone whose free blocks and pages are known
 */
#ifndef MMSIM_TESTS_COMPACTION_EXAMPLE_H
#define MMSIM_TESTS_COMPACTION_EXAMPLE_H

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/internal.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"linux: { slab: false }\n"                                                                 \
	"machine: { nodes: [{ cpus: 1, memory: 128 MiB }], "                                       \
	"disks: [{ name: sda, preset: ssd }] }\n"                                                  \
	"files: [{ name: data, disk: sda, size: 1 GiB }]\n"                                        \
	"sysctl: { vm.compaction_proactiveness: 0, vm.dirty_writeback_centisecs: 0 }\n"
#define BASE 16384u /* far from what boot took; its zone goes on to 32768 */

static struct fixture f;

static inline void run(task_fn *body)
{
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_end(&f);
}

static inline struct zone *the_zone(void)
{
	return pfn_zone(f.vm, BASE);
}

/* Leaves the machine without free pages; what was free is in use by nobody. */
static inline void empty_zones(const struct cpu *cpu)
{
	drain_all_pages(f.vm, &f.vm->sim->cpus[0]);
	FOR_EACH_ZONE (f.vm, zone) {
		for (int o = 0; o < MAX_ORDER; o++) {
			for (int type = 0; type < MIGRATE_TYPES; type++) {
				const struct page_list *l = &zone->free_area[o].free_list[type];

				while (l->head)
					del_page_from_free_list(f.vm, zone, l->head, o);
			}
		}
		zone->nr_free_global = 0;
		if (zone->pcp) /* from here on exact */
			zone->pcp[cpu->id].stat_threshold = zone->pcp[cpu->id].free_diff = 0;
	}
}

static inline void give_block(const struct cpu *cpu, uint32_t pfn, int order, int type)
{
	__free_one_page(f.vm, cpu, the_zone(), pfn, order, type, FPI_NONE);
}

/* 5 single pages and 1 block of 4 */
static inline void give_the_example(const struct cpu *cpu)
{
	empty_zones(cpu);
	for (uint32_t i = 0; i < 5; i++)
		give_block(cpu, BASE + 2 * i, 0, MIGRATE_MOVABLE);
	give_block(cpu, BASE + 64, 2, MIGRATE_UNMOVABLE);
}
#endif
