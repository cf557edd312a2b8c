package dev.fairlead;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which package may know which: an arrow the other way would tie things together that are built, tested and replaced apart. */
@AnalyzeClasses(
        packages = "dev.fairlead",
        importOptions = {DoNotIncludeTests.class, ArchitectureTest.NotGenerated.class})
class ArchitectureTest {
    /** What protoc wrote may be depended on, but is not ours to judge, and there is much of it. */
    static final class NotGenerated implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/cri/v1/") && !location.contains("/admin/v1/");
        }
    }

    @ArchTest
    static final ArchRule THE_CRI_SERVER_MAKES_NO_SYSTEM_CALLS = noClasses()
            .that()
            .resideInAPackage("dev.fairlead.cri")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.fairlead.linux", "jnr..")
            .because("it finds, delegates and reports; the kernel is libcontainer's business");

    @ArchTest
    static final ArchRule COMMANDS_ARE_CLIENTS = classes()
            .that()
            .resideInAPackage("dev.fairlead.cli..")
            .and(not(simpleName("ServeCommand")))
            .and(not(resideInAnyPackage("dev.fairlead.cli.check")))
            .should()
            .onlyDependOnClassesThat(not(resideInAnyPackage(
                    "dev.fairlead.image..",
                    "dev.fairlead.state..",
                    "dev.fairlead.log..",
                    "dev.fairlead.cni..",
                    "dev.fairlead.libcontainer..")))
            .because("what serve does is behind its socket");

    @ArchTest
    static final ArchRule A_POD_IS_RUN_BY_CRI = noClasses()
            .that()
            .resideInAPackage("dev.fairlead.kubernetes..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.fairlead.cri",
                    "dev.fairlead.cli..",
                    "dev.fairlead.admin..",
                    "dev.fairlead.image..",
                    "dev.fairlead.state..",
                    "dev.fairlead.log..",
                    "dev.fairlead.cni..",
                    "dev.fairlead.libcontainer..")
            .because("any CRI server can run a manifest, and tests give it another one");

    @ArchTest
    static final ArchRule IMAGES_LOGS_AND_NETWORKS_KNOW_NO_RPC = noClasses()
            .that()
            .resideInAnyPackage("dev.fairlead.image..", "dev.fairlead.log..", "dev.fairlead.cni..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.fairlead.cri..", "dev.fairlead.cli..", "dev.fairlead.kubernetes..", "io.grpc..")
            .because("only the services translate to and from CRI");

    @ArchTest
    static final ArchRule LXCFS_KNOWS_NO_PODS = noClasses()
            .that()
            .resideInAPackage("dev.fairlead.lxcfs")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.fairlead.pod..", "dev.fairlead.cri..", "dev.fairlead.cli..", "io.grpc..")
            .because("it is told which processes to look after; whose they are is the pods' business");

    @ArchTest
    static final ArchRule NOBODY_KNOWS_THE_COMMANDS = noClasses()
            .that()
            .resideOutsideOfPackage("dev.fairlead.cli..")
            .and()
            .resideOutsideOfPackage("dev.fairlead.nativeimage..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.fairlead.cli..");
}
