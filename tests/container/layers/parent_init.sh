#!/bin/sh
echo 'init of the parent'
