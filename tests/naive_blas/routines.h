/* The routines for one element type: REAL, and NAME(gemm) for cblas_sgemm or cblas_dgemm. Included once for each. */

/* Strides of op(A), A stored in rows or columns that are ld apart. */
#define ROW_STRIDE(order, trans, ld) ((order == CblasRowMajor) == (trans == CblasNoTrans) ? (long)(ld) : 1)
#define COL_STRIDE(order, trans, ld) ((order == CblasRowMajor) == (trans == CblasNoTrans) ? 1 : (long)(ld))

/* A vector with a negative increment is read from its end. */
#define FIRST(n, inc) ((inc) < 0 ? (long)(1 - (n)) * (inc) : 0)

REAL NAME(dot)(int n, const REAL *x, int incx, const REAL *y, int incy)
{
    REAL sum = 0;
    x += FIRST(n, incx);
    y += FIRST(n, incy);
    for (long i = 0; i < n; i++)
        sum += x[i * incx] * y[i * incy];
    return sum;
}

void NAME(gemv)(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE trans_a, int m, int n, REAL alpha, const REAL *a, int lda,
                const REAL *x, int incx, REAL beta, REAL *y, int incy)
{
    const long row = ROW_STRIDE(order, trans_a, lda), col = COL_STRIDE(order, trans_a, lda);
    const int rows = trans_a == CblasNoTrans ? m : n, cols = trans_a == CblasNoTrans ? n : m;
    x += FIRST(cols, incx);
    y += FIRST(rows, incy);
    for (long i = 0; i < rows; i++) {
        REAL sum = 0;
        for (long j = 0; j < cols; j++)
            sum += a[i * row + j * col] * x[j * incx];
        y[i * incy] = alpha * sum + (beta == 0 ? 0 : beta * y[i * incy]);
    }
}

void NAME(ger)(enum CBLAS_ORDER order, int m, int n, REAL alpha, const REAL *x, int incx, const REAL *y, int incy,
               REAL *a, int lda)
{
    const long row = ROW_STRIDE(order, CblasNoTrans, lda), col = COL_STRIDE(order, CblasNoTrans, lda);
    x += FIRST(m, incx);
    y += FIRST(n, incy);
    for (long i = 0; i < m; i++)
        for (long j = 0; j < n; j++)
            a[i * row + j * col] += alpha * x[i * incx] * y[j * incy];
}

void NAME(gemm)(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE trans_a, enum CBLAS_TRANSPOSE trans_b, int m, int n, int k,
                REAL alpha, const REAL *a, int lda, const REAL *b, int ldb, REAL beta, REAL *c, int ldc)
{
    const long a_row = ROW_STRIDE(order, trans_a, lda), a_col = COL_STRIDE(order, trans_a, lda);
    const long b_row = ROW_STRIDE(order, trans_b, ldb), b_col = COL_STRIDE(order, trans_b, ldb);
    const long c_row = ROW_STRIDE(order, CblasNoTrans, ldc), c_col = COL_STRIDE(order, CblasNoTrans, ldc);
    for (long i = 0; i < m; i++)
        for (long j = 0; j < n; j++) {
            REAL *to = c + i * c_row + j * c_col, sum = 0;
            for (long p = 0; p < k; p++)
                sum += a[i * a_row + p * a_col] * b[p * b_row + j * b_col];
            *to = alpha * sum + (beta == 0 ? 0 : beta * *to);
        }
}

void NAME(syrk)(enum CBLAS_ORDER order, enum CBLAS_UPLO uplo, enum CBLAS_TRANSPOSE trans, int n, int k, REAL alpha,
                const REAL *a, int lda, REAL beta, REAL *c, int ldc)
{
    const long a_row = ROW_STRIDE(order, trans, lda), a_col = COL_STRIDE(order, trans, lda);
    const long c_row = ROW_STRIDE(order, CblasNoTrans, ldc), c_col = COL_STRIDE(order, CblasNoTrans, ldc);
    for (long i = 0; i < n; i++)
        for (long j = uplo == CblasLower ? 0 : i; j < (uplo == CblasLower ? i + 1 : n); j++) {
            REAL *to = c + i * c_row + j * c_col, sum = 0;
            for (long p = 0; p < k; p++)
                sum += a[i * a_row + p * a_col] * a[j * a_row + p * a_col];
            *to = alpha * sum + (beta == 0 ? 0 : beta * *to);
        }
}

#undef ROW_STRIDE
#undef COL_STRIDE
#undef FIRST
