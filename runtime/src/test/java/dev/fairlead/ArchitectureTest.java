package dev.fairlead;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The library can be embedded without what Fairlead the program is made of, and the kernel is reached at one place. */
@AnalyzeClasses(packages = "dev.fairlead", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule A_PLAIN_LIBRARY = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.fairlead.cri..",
                    "io.grpc..",
                    "com.google.protobuf..",
                    "io.fabric8..",
                    "io.quarkus..",
                    "jakarta..",
                    "picocli..");

    @ArchTest
    static final ArchRule SYSTEM_CALLS_ARE_MADE_IN_ONE_PACKAGE = noClasses()
            .that()
            .resideOutsideOfPackages("dev.fairlead.linux..", "dev.fairlead.nativeimage..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("dev.fairlead.linux.LibC")
            .because("a method of dev.fairlead.linux is one call with types, errno and a manual page");

    @ArchTest
    static final ArchRule THE_KERNEL_AREA_DECIDES_NOTHING = noClasses()
            .that()
            .resideInAPackage("dev.fairlead.linux..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.fairlead.libcontainer..", "dev.fairlead.oci..");

    @ArchTest
    static final ArchRule THE_MODEL_STANDS_ALONE = noClasses()
            .that()
            .resideInAPackage("dev.fairlead.oci..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.fairlead.libcontainer..", "dev.fairlead.linux..");
}
