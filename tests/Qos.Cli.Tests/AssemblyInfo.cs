// A script has a working folder of its own, and a process has but one.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
