// One cluster for all: an API server that one test restarts is every test's.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
