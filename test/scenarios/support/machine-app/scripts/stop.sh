#!/bin/bash
systemctl stop shop
