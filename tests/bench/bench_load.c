/* Loading a gzip-compressed IDX file as float32 images, against `zcat FILE | wc -c`.
 *
 *     bench_load [FILE [ROUNDS]]
 *
 * Both are timed in turn, round after round; medians and the median of the ratios are printed. Without Fashion-MNIST's
 * training set or another FILE there is nothing to measure. */
#define _POSIX_C_SOURCE 200809L
#include <fa/fa.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROUNDS = 101 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds, or -1 with a message. */
static double load(const char *path)
{
    const double start = now();
    fa_matrix images;

    if (fa_idx_read_images(path, FA_FLOAT32, &images) != FA_OK) {
        fprintf(stderr, "bench_load: %s\n", fa_last_error());
        return -1;
    }
    const double seconds = now() - start;
    fa_matrix_free(&images);
    return seconds;
}

/* The path is an argument of the shell's, so that no character of it matters. */
static double zcat(const char *path)
{
    const double start = now();

    if (setenv("LIBFA_BENCH_FILE", path, 1) != 0 || system("zcat \"$LIBFA_BENCH_FILE\" | wc -c > /dev/null") != 0) {
        fprintf(stderr, "bench_load: zcat failed\n");
        return -1;
    }
    return now() - start;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *numbers, int count)
{
    qsort(numbers, (size_t)count, sizeof(*numbers), ascending);
    return numbers[count / 2];
}

int main(int argc, char **argv)
{
    static double ours[MAX_ROUNDS], theirs[MAX_ROUNDS], ratios[MAX_ROUNDS];
    const char *path = argc > 1 ? argv[1] : "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";
    const int wanted = argc > 2 ? atoi(argv[2]) : 11, rounds = wanted > 0 && wanted < MAX_ROUNDS ? wanted : MAX_ROUNDS;

    if (access(path, R_OK) != 0) {
        printf("no %s: install Debian's dataset-fashion-mnist, or name a file\n", path);
        return 77; /* skipped */
    }
    load(path); /* into the page cache */
    for (int k = 0; k < rounds; k++) {
        theirs[k] = zcat(path);
        ours[k] = load(path);
        if (ours[k] < 0 || theirs[k] < 0)
            return 1;
        ratios[k] = ours[k] / theirs[k];
    }
    printf("%s, %d rounds\n", path, rounds);
    printf("fa_idx_read_images, float32 %8.3f s\n", median(ours, rounds));
    printf("zcat | wc -c                %8.3f s\n", median(theirs, rounds));
    printf("ratio                       %8.2f\n", median(ratios, rounds));
    return 0;
}
