package dev.fairlead.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.PodSandboxMetadata;
import dev.fairlead.pod.LifecycleEvents.Event;
import dev.fairlead.pod.LifecycleEvents.Step;
import dev.fairlead.state.EntityDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LifecycleEventsTest {
    private final PodRegistry registry = new PodRegistry();
    private final LifecycleEvents events = new LifecycleEvents(registry);

    private static PodSandbox sandbox(String id) {
        return new PodSandbox(
                new EntityDirectory(id, Path.of("/nowhere")),
                PodSandboxConfig.newBuilder()
                        .setMetadata(PodSandboxMetadata.newBuilder().setName(id))
                        .build(),
                "",
                1,
                new PodSandbox.CgroupParent("/pods/" + id, false),
                new SandboxState.Ready(List.of()));
    }

    @Test
    void aListenerSeesThePodAsItIsRightAfterTheStep() {
        List<Boolean> ready = new ArrayList<>();
        events.listen(event -> ready.add(event.sandbox().isReady()));
        PodSandbox pod = sandbox("a");
        events.step(pod, Step.CREATED, () -> registry.add(pod));
        events.step(pod, Step.STOPPED, () -> pod.become(new SandboxState.NotReady()));
        assertThat(ready).containsExactly(true, false);
    }

    @Test
    void stepsOfSeveralThreadsAreToldInTheOrderOfTheirTimes() throws Exception {
        List<Event> told = new CopyOnWriteArrayList<>();
        List<String> taken = new CopyOnWriteArrayList<>();
        events.listen(told::add);
        CountDownLatch done = new CountDownLatch(4);
        for (int thread = 0; thread < 4; thread++) {
            PodSandbox pod = sandbox("pod" + thread);
            Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 200; i++) {
                    events.step(pod, Step.STARTED, () -> taken.add(pod.id()));
                }
                done.countDown();
            });
        }
        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(told).extracting(Event::id).containsExactlyElementsOf(taken);
        assertThat(told).extracting(Event::at).isSorted();
    }

    @Test
    void afterTheEndNothingIsTold() {
        List<String> told = new ArrayList<>();
        events.listen(new LifecycleEvents.Listener() {
            @Override
            public void happened(Event event) {
                told.add(event.id());
            }

            @Override
            public void closed() {
                told.add("closed");
            }
        });
        events.close();
        events.step(sandbox("late"), Step.CREATED, () -> {});
        assertThat(told).containsExactly("closed");
    }
}
