package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.EventLoop.Handler;
import dev.fairlead.linux.EventLoop.Registration;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EventLoopTest {
    private static final Set<Interest> READ = EnumSet.of(Interest.READ);

    private final IoBuffer buffer = new IoBuffer(64);
    private EventLoop loop;
    private Pipe pipe;

    @BeforeEach
    void start() throws Exception {
        loop = EventLoop.start("test loop");
        pipe = Pipes.open("test pipe", EnumSet.of(PipeFlag.NONBLOCK));
    }

    @AfterEach
    void stop() {
        loop.close();
        pipe.close();
    }

    private void write(Pipe target) throws ErrnoException {
        assertThat(Pipes.write(target.writeEnd(), buffer, 1)).isEqualTo(1);
    }

    /** What the loop did before this returns, it did because of what happened before the call. */
    private void settle() throws Exception {
        for (int turn = 0; turn < 3; turn++) {
            CompletableFuture.runAsync(() -> {}, loop).get();
        }
    }

    @Test
    void readyDescriptorsReachTheirHandlersOnTheLoopsThread() throws Exception {
        BlockingQueue<Set<Readiness>> events = new LinkedBlockingQueue<>();
        loop.register(pipe.readEnd(), READ, (self, ready) -> {
            assertThat(loop.isLoopThread()).isTrue();
            Pipes.read(pipe.readEnd(), new IoBuffer(1), 1);
            events.add(ready);
            if (ready.contains(Readiness.HANGUP)) {
                self.close();
            }
        });
        write(pipe);
        assertThat(events.take()).containsExactly(Readiness.READABLE);
        pipe.writeEnd().close();
        assertThat(events.take()).containsExactly(Readiness.HANGUP);
        settle();
        assertThat(events).isEmpty();
    }

    @Test
    void aFailingHandlerLosesItsRegistrationAndNobodyElseDoes() throws Exception {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        AtomicInteger calls = new AtomicInteger();
        loop.register(pipe.readEnd(), READ, new Handler() {
            @Override
            public void ready(Registration self, Set<Readiness> ready) {
                calls.incrementAndGet();
                throw new AssertionError("expected by the test");
            }

            @Override
            public void failed(Throwable e) {
                failure.complete(e);
            }
        });
        try (Pipe other = Pipes.open("other", EnumSet.of(PipeFlag.NONBLOCK))) {
            CountDownLatch served = new CountDownLatch(1);
            write(pipe);
            assertThat(failure.get()).hasMessage("expected by the test");
            Registration healthy = loop.register(other.readEnd(), READ, (self, ready) -> {
                served.countDown();
                self.close();
            });
            write(other);
            served.await();
            assertThat(calls).hasValue(1);
            healthy.close();
        }
    }

    @Test
    void aHandlerThatClosesAnothersRegistrationInTheSameTurnSilencesIt() throws Exception {
        try (Pipe other = Pipes.open("other", EnumSet.of(PipeFlag.NONBLOCK))) {
            AtomicInteger calls = new AtomicInteger();
            Registration[] both = new Registration[2];
            CompletableFuture.runAsync(
                            () -> {
                                try {
                                    both[0] =
                                            loop.register(pipe.readEnd(), READ, (self, ready) -> closeAll(both, calls));
                                    both[1] = loop.register(
                                            other.readEnd(), READ, (self, ready) -> closeAll(both, calls));
                                    write(pipe);
                                    write(other); // both are ready when the turn begins
                                } catch (ErrnoException e) {
                                    throw new AssertionError(e);
                                }
                            },
                            loop)
                    .get();
            settle();
            assertThat(calls).hasValue(1);
        }
    }

    private static void closeAll(Registration[] registrations, AtomicInteger calls) {
        calls.incrementAndGet();
        for (Registration registration : registrations) {
            registration.close();
        }
    }

    @Test
    void withoutInterestsAHangUpIsNotReportedEither() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Registration parked = loop.register(pipe.readEnd(), Set.of(), (self, ready) -> {
            calls.incrementAndGet();
            self.modify(Set.of());
        });
        pipe.writeEnd().close();
        settle();
        assertThat(calls).hasValue(0);
        parked.modify(READ);
        settle();
        assertThat(calls).hasValue(1);
        parked.close();
        assertThatThrownBy(() -> parked.modify(READ)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void timersRunInOrderAndCancelledOnesDoNot() throws Exception {
        List<String> order = new CopyOnWriteArrayList<>();
        CountDownLatch done = new CountDownLatch(1);
        long start = System.nanoTime();
        loop.schedule(Duration.ofMillis(60), () -> {
            order.add("late");
            done.countDown();
        });
        loop.schedule(Duration.ofMillis(20), () -> order.add("early"));
        loop.schedule(Duration.ofMillis(40), () -> order.add("cancelled")).cancel();
        done.await();
        assertThat(order).containsExactly("early", "late");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(60));
    }

    @Test
    void noTaskIsLostWhenManyThreadsGiveThem() throws Exception {
        int threads = 8;
        int each = 5_000;
        CountDownLatch ran = new CountDownLatch(threads * each);
        for (int i = 0; i < threads; i++) {
            Thread.ofPlatform().start(() -> {
                for (int n = 0; n < each; n++) {
                    loop.execute(ran::countDown);
                    if (n % 64 == 0) {
                        LockSupport.parkNanos(1); // let the loop fall asleep now and then
                    }
                }
            });
        }
        assertThat(ran.await(15, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aTaskThatAddsItselfAgainLeavesDescriptorsTheirTurn() throws Exception {
        CountDownLatch served = new CountDownLatch(1);
        AtomicInteger turns = new AtomicInteger();
        Runnable again = new Runnable() {
            @Override
            public void run() {
                if (served.getCount() > 0 && turns.incrementAndGet() < 1_000_000) {
                    loop.execute(this);
                }
            }
        };
        loop.execute(again);
        loop.register(pipe.readEnd(), READ, (self, ready) -> {
            served.countDown();
            self.close();
        });
        write(pipe);
        assertThat(served.await(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void closingRunsWhatWasGivenBeforeAndRefusesTheRest() {
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            loop.execute(ran::incrementAndGet);
        }
        loop.close();
        assertThat(ran).hasValue(100);
        assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void aDescriptorIsWatchedOnce() throws Exception {
        loop.register(pipe.readEnd(), READ, (self, ready) -> {});
        assertThatThrownBy(() -> loop.register(pipe.readEnd(), READ, (self, ready) -> {}))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
    }
}
