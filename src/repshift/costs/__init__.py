"""What a run costs, before it is made: work of each job, order of the jobs, time that is left. Needs no package."""
