/*
 * freebsd_machine.h - a machine of FreeBSD with a file and two devices for swap
 */
#ifndef MMSIM_TESTS_FREEBSD_MACHINE_H
#define MMSIM_TESTS_FREEBSD_MACHINE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/freebsd/kern/file_ops.h"
#include "models/freebsd/kern/vfs_bio.h"
#include "models/freebsd/vm/swap_pager.h"
#include "models/freebsd/vm/vm_glue.h"
#include "models/freebsd/vm/vm_map.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/fixture.h"

static const char with_swap[] =
    "personality: freebsd\n"
    "machine: { nodes: [{ cpus: 2, memory: 14 MiB }], disks: [{ name: sda, preset: nvme }, "
    "{ name: sdb, preset: ssd }, { name: sdc, preset: nvme }] }\n"
    "freebsd: { kernel_memory: 64 KiB, swap: [{ disk: sdb, size: 40 MiB }, { disk: sdc, size: 24 "
    "MiB "
    "}] }\n"
    "files: [{ name: f0, disk: sda, size: 1600 KiB }]\n";

static struct fixture f;
static struct freebsd_vm *vm;
#endif
