"""Planning many communities: batches of them handed to processes here or on other machines.

Each community is a transaction of its own in the process that plans it, which reads and writes
the database itself; only codes and figures travel. The modules, in the order of the work:
``sizing`` (which communities make a batch), ``handing`` (the batches handed out, and what was
lost tried again), ``crews`` (who takes them: this process, processes here), ``cluster`` (Dask's
workers anywhere), ``work`` (what is done with a batch there).
"""
