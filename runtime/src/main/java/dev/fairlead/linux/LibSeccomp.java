package dev.fairlead.linux;

import jnr.ffi.Pointer;
import org.jspecify.annotations.Nullable;

/** The functions of libseccomp.so.2 that {@link SeccompFilter} calls, as they are: see seccomp_init(3) and its neighbours. */
public interface LibSeccomp {
    @Nullable
    Pointer seccomp_init(int defaultAction);

    void seccomp_release(Pointer filter);

    int seccomp_arch_resolve_name(String name);

    int seccomp_arch_native();

    int seccomp_arch_add(Pointer filter, int architecture);

    int seccomp_attr_set(Pointer filter, int attribute, int value);

    int seccomp_syscall_resolve_name(String name);

    int seccomp_syscall_resolve_name_arch(int architecture, String name);

    int seccomp_rule_add_array(
            Pointer filter, int action, int systemCall, int comparisons, @Nullable Pointer arguments);

    int seccomp_export_bpf(Pointer filter, int fd);

    Pointer seccomp_version();
}
