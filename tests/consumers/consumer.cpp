// A stranger's C++ program: handles in unique_ptr, data in std::vector.
#include <fa/fa.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

void check(fa_status status)
{
    if (status != FA_OK)
        throw std::runtime_error(fa_last_error());
}

template <typename T, typename... Args>
std::unique_ptr<T, void (*)(T *)> make(fa_status (*create)(T **, Args...), void (*destroy)(T *), Args... args)
{
    T *handle = nullptr;
    check(create(&handle, args...));
    return {handle, destroy};
}

double train()
{
    auto net = make(fa_network_create, fa_network_destroy, FA_FLOAT32, std::size_t{2});
    check(fa_network_add_dense(net.get(), 4, FA_TANH, true));
    check(fa_network_add_dense(net.get(), 1, FA_IDENTITY, true));
    check(fa_network_init_weights(net.get(), 0, FA_INIT_GLOROT_UNIFORM, 1.0, 1));

    const fa_network *made = net.get();
    auto pass = make(fa_pass_create, fa_pass_destroy, made, std::size_t{3});
    auto opt = make(fa_optimizer_create, fa_optimizer_destroy, made, "sgd");
    auto fb = make(fa_feedback_create, fa_feedback_destroy, made, fa_rule_find("fa"), static_cast<void *>(nullptr),
                   std::uint64_t{2});

    std::vector<float> inputs{0, 1, 1, 0, 1, 1};
    std::vector<float> targets{1, -1, 0};
    fa_matrix x = fa_matrix_view(inputs.data(), 3, 2, FA_FLOAT32);
    fa_matrix target = fa_matrix_view(targets.data(), 3, 1, FA_FLOAT32);

    double first = 0, last = 0;
    check(fa_train_step(net.get(), pass.get(), fb.get(), opt.get(), &x, &target, &first));
    for (int step = 0; step < 50; step++)
        check(fa_train_step(net.get(), pass.get(), fb.get(), opt.get(), &x, &target, &last));
    std::printf("loss %g -> %g\n", first, last);
    return last / first;
}

} // namespace

int main()
{
    try {
        return train() < 1 ? 0 : 1;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
