/*
 * test_command_line.c - the command line of a real kernel as keys of "linux:"
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/boot/boot.h"
#include "models/linux/verify/machine_case.h"

/* What is in force of kernelcore= and movablecore=. */
static void says(const char *line, const char *kernelcore, const char *movablecore)
{
	static struct machine_case m;
	const char *want[] = { kernelcore, movablecore };

	m = (struct machine_case){ 0 };
	machine_case_command_line(&m, line);

	const char *have[] = { m.kernel.kernelcore, m.kernel.movablecore };

	for (int i = 0; i < 2; i++) {
		assert_int_equal(have[i] == NULL, want[i] == NULL);
		if (have[i])
			assert_string_equal(have[i], want[i]);
	}
	machine_case_free(&m);
}

static void the_last_word_counts(void **state)
{
	(void)state;
	says("quiet kernelcore=1G movablecore=30% kernelcore=512M", "512M", "30%");
	says("kernelcore=1G kernelcore=20%", "20%", NULL);
	says("xkernelcore=1G kernelcores=2G", NULL, NULL);
}

static void sizes_are_read_as_the_kernel_reads_them(void **state)
{
	(void)state;
	says("kernelcore=0x40000000 movablecore=0x10m", "1048576K", "16384K");
	says("kernelcore=2Gigs movablecore=1t", "2097152K", "1073741824K");
	says("kernelcore=150% movablecore=1%%", "100%", "1%");
	says("kernelcore=lots movablecore=", NULL, NULL);
	says("kernelcore=0 movablecore=-1", "0", NULL);
}

static void words_of_their_own(void **state)
{
	(void)state;
	says("kernelcore=mirror movablecore=1G", "mirror", "1G");
	says("movablecore=mirror", NULL, NULL);
	/* then it is the firmware who says what is movable */
	says("kernelcore=1G movable_node", NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_word_counts),
		cmocka_unit_test(sizes_are_read_as_the_kernel_reads_them),
		cmocka_unit_test(words_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
